"""Layout: a library's names for all tensors of a model."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import NamedTuple

from torch import Tensor

from brickwork.model import Model
from brickwork.network import classifiers
from brickwork.network.layers import Conv
from brickwork.weights.names import ForeignPlace, layouts

Shape = tuple[int, ...]


class Slot(NamedTuple):
    """One tensor of the model, and what a layout calls it."""

    ours: str
    theirs: str
    shape: Shape
    stored: Shape  # there; another one where a dense layer is a convolution there


@dataclass(frozen=True)
class Layout:
    """A library's names for all tensors of a model, in the model's order."""

    library: str
    slots: tuple[Slot, ...]

    def met(self, names: dict[str, Tensor]) -> int:
        return sum(slot.theirs in names for slot in self.slots)

    def folded(self, model: Model) -> dict[str, str]:
        """Biases that our convolutions have no place for, with the running mean that can take them.

        A bias before a norm only moves the mean: (x + b) - mean is x - (mean - b).
        """
        paths = paths_with_weights(model)
        after = dict(pairwise(paths))
        theirs = {slot.ours: slot.theirs for slot in self.slots}
        return {
            theirs[f"{path}.weight"].removesuffix("weight") + "bias": f"{after[path]}.running_mean"
            for path in paths
            if f"{path}.weight" in theirs
            if f"{path}.bias" not in theirs and f"{after.get(path)}.running_mean" in theirs
        }


@dataclass(frozen=True)
class Leave:
    """In what a file may differ from a model."""

    classifier: frozenset[str] = frozenset()  # tensors that may have another number of classes, or be missing
    first: str = ""  # the tensor that may read another number of channels


def paths_with_weights(model: Model) -> list[str]:
    """The paths of all layers with weights, in the order of the network."""
    return [path for path, part in model.named_modules() if next(part.parameters(recurse=False), None) is not None]


def own(model: Model) -> dict[str, Tensor]:
    """The model's tensors by name, without batch norm's counters."""
    return {name: t for name, t in model.state_dict().items() if not name.endswith("num_batches_tracked")}


def logits(model: Model) -> frozenset[str]:
    """The names of the classifiers' tensors."""
    return frozenset(f"{path}.{kind}" for path in classifiers(model.network) for kind in ("weight", "bias"))


def first_weight(model: Model) -> str:
    """The name of the first convolution's weight; nothing where another layer or several groups read the image."""
    path, layer = next(((p, part) for p, part in model.network.layers() if f"{p}.weight" in own(model)), ("", None))
    return f"{path}.weight" if isinstance(layer, Conv) and layer.groups == 1 else ""


def layouts_of(model: Model) -> list[Layout]:
    """Every layout in which this network's weights are published, and our own."""
    identity = {path: ForeignPlace(path) for path in paths_with_weights(model)}
    named = [*layouts(model.network, paths_with_weights(model)), ("brickwork", identity)]
    return [Layout(library, tuple(_slots(model, places))) for library, places in named]


def _slots(model: Model, places: dict[str, ForeignPlace]) -> Iterator[Slot]:
    for name, tensor in own(model).items():
        path, _, kind = name.rpartition(".")
        place = places.get(path, ForeignPlace(path))
        shape = stored = tuple(tensor.shape)
        if place.window and kind == "weight":
            stored = (shape[0], shape[1] // prod(place.window), *place.window)
        yield Slot(name, f"{place.name}.{kind}", shape, stored)
