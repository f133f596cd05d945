"""Alignment of a state dict with a model: which tensor of a file is which of ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import NamedTuple

from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.network import classifiers
from brickwork.network.layer import shape_text
from brickwork.weights.names import SIDE_HEADS, ForeignPlace, layouts
from brickwork.weights.state_dict import TensorFile

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
            if f"{path}.bias" not in theirs and f"{after.get(path)}.running_mean" in theirs
        }


@dataclass(frozen=True)
class Aligned:
    """A file's tensors under our names and in our shapes."""

    library: str
    tensors: dict[str, Tensor]
    left_out: tuple[str, ...]  # side heads that the model has not


def paths_with_weights(model: Model) -> list[str]:
    """The paths of all layers with weights, in the order of the network."""
    return [path for path, part in model.named_modules() if next(part.parameters(recurse=False), None) is not None]


def own(model: Model) -> dict[str, Tensor]:
    """The model's tensors by name, without batch norm's counters."""
    return {name: t for name, t in model.state_dict().items() if not name.endswith("num_batches_tracked")}


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


def align(model: Model, file: TensorFile, *, reset_classifier: bool = False) -> Aligned:
    """Every tensor of the file in its place.

    Known layouts are aligned by name; a file whose names nobody knows is aligned by order, shape and suffix, where
    it has kept its order. Raises BrickworkError with the first place that differs.
    """
    layout = max(layouts_of(model), key=lambda layout: layout.met(file.tensors))
    if not file.tensors or 2 * layout.met(file.tensors) < min(len(file.tensors), len(layout.slots)):
        layout = match_in_order(model, file)
    free = logits(model) if reset_classifier else set()
    for slot in layout.slots:
        _compare(model, file, slot, free)
    folded = layout.folded(model)
    known = {slot.theirs for slot in layout.slots} | folded.keys()
    left_out = _extra(model, file, known)
    tensors = {slot.ours: _fit_tensor(file, slot) for slot in layout.slots}
    for bias, mean in folded.items():
        if bias in file.tensors:
            tensors[mean] = tensors[mean] - file.tensors[bias].float()
    return Aligned(layout.library, tensors, left_out)


def logits(model: Model) -> set[str]:
    """The names of the classifiers' tensors."""
    return {f"{path}.{kind}" for path in classifiers(model.network) for kind in ("weight", "bias")}


def match_in_order(model: Model, file: TensorFile) -> Layout:
    """The file's own names in their order, if suffixes and shapes agree with ours all along."""
    network, ours = model.network.name, own(model)
    if not file.ordered:
        names = " and ".join(dict.fromkeys(layout.library for layout in layouts_of(model)))
        first = next(iter(file.tensors), "nothing")
        raise BrickworkError(
            f"{file.path}: not weights of {network}: it holds {first!r}, no name that {names} give its layers, and "
            "safetensors keeps no order to go by."
        )
    slots = []
    for place, (name, tensor) in enumerate(ours.items()):
        theirs = list(file.tensors)[place] if place < len(file.tensors) else "nothing"
        if theirs.rpartition(".")[2] != name.rpartition(".")[2]:
            raise BrickworkError(
                f"{file.path}: not weights of {network}: tensor {place + 1} is {theirs} in the file"
                f"{_shape(file.tensors.get(theirs))}, {name}{_shape(tensor)} here."
            )
        slots.append(Slot(name, theirs, tuple(tensor.shape), tuple(tensor.shape)))
    return Layout("order", tuple(slots))


def _shape(tensor: Tensor | None) -> str:
    return "" if tensor is None else f" ({shape_text(tuple(tensor.shape))})"


def _compare(model: Model, file: TensorFile, slot: Slot, free: set[str]) -> None:
    network, tensor = model.network.name, file.tensors.get(slot.theirs)
    if tensor is None:
        raise BrickworkError(
            f"{file.path}: no {slot.theirs}, which {network} needs as {slot.ours} ({shape_text(slot.shape)})"
            f"{_without_side_heads(model, slot)}."
        )
    shape = tuple(tensor.shape)
    if shape in (slot.stored, slot.shape):
        return
    other_classes = any(differ_in_classes(shape, own, model.network.classes) for own in (slot.stored, slot.shape))
    if slot.ours in free and other_classes:
        return
    advice = ""
    if slot.ours in logits(model) and other_classes:
        advice = " Another number of classes: reset_classifier=True keeps the model's own classifier."
    raise BrickworkError(
        f"{file.path}: {slot.theirs} is {shape_text(shape)} in the file, "
        f"{slot.ours} of {network} is {shape_text(slot.shape)}.{advice}"
    )


def differ_in_classes(stored: Shape, own: Shape, classes: int) -> bool:
    """Whether a classifier's tensor has another shape only where ours has a number for each class."""
    return len(stored) == len(own) and all(
        theirs == ours or ours == classes for theirs, ours in zip(stored, own, strict=True)
    )


def _without_side_heads(model: Model, slot: Slot) -> str:
    part = slot.ours.partition(".")[0]
    sides = [side.name for side in model.network.side_heads]
    return "; a file without side heads fits a network with side_heads=false" if part in sides else ""


def _extra(model: Model, file: TensorFile, known: set[str]) -> tuple[str, ...]:
    extra = [name for name in file.tensors if name not in known]
    if not model.network.side_heads and all(name.startswith(SIDE_HEADS) for name in extra):
        return tuple(extra)
    if extra:
        shape = shape_text(tuple(file.tensors[extra[0]].shape))
        raise BrickworkError(f"{file.path}: {extra[0]} ({shape}) has no place in {model.network.name}.")
    return ()


def _fit_tensor(file: TensorFile, slot: Slot) -> Tensor:
    """The tensor as we have it; of another number of classes, as long as it is."""
    tensor = file.tensors[slot.theirs]
    if not tensor.isfinite().all():
        raise BrickworkError(f"{file.path}: {slot.theirs} holds numbers that are infinite or not numbers (NaN).")
    shape = (*tensor.shape[:1], *slot.shape[1:])
    return tensor.float().reshape(shape) if prod(shape) == tensor.numel() else tensor.float()
