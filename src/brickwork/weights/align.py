"""Alignment of a state dict with a model: which tensor of a file is which of ours."""

from dataclasses import dataclass
from math import ceil, prod

from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.weights.differ import first_problem, other_channels
from brickwork.weights.layout import Layout, Leave, Slot, first_weight, layouts_of, logits
from brickwork.weights.order import match_in_order
from brickwork.weights.state_dict import TensorFile


@dataclass(frozen=True)
class Aligned:
    """A file's tensors under our names and in our shapes."""

    library: str
    tensors: dict[str, Tensor]
    left_out: tuple[str, ...]  # side heads that the model has not
    adapted: str = ""  # how the first convolution was fitted to another number of channels


def align(model: Model, file: TensorFile, *, reset_classifier: bool = False, adapt_input: bool = False) -> Aligned:
    """Every tensor of the file in its place.

    Known layouts are aligned by name. Where none fits, a file that has kept its order is aligned by order, shape and
    suffix. Raises BrickworkError with the first place that differs, in the order of the file.
    """
    leave = Leave(logits(model) if reset_classifier else frozenset(), first_weight(model) if adapt_input else "")
    file, layout = find_layout(model, file, leave)
    slots = [slot for slot in layout.slots if slot.theirs in file.tensors]
    tensors = {slot.ours: _fit_tensor(file, slot, leave) for slot in slots}
    folded = layout.folded(model)
    for bias, mean in folded.items():
        if bias in file.tensors:
            tensors[mean] = tensors[mean] - file.tensors[bias].float()
    known = {slot.theirs for slot in slots} | folded.keys()
    left_out = tuple(name for name in file.tensors if name not in known)
    return Aligned(layout.library, tensors, left_out, _adaptation(file, slots, leave))


def find_layout(model: Model, file: TensorFile, leave: Leave) -> tuple[TensorFile, Layout]:
    """The layout that fits, and the file with its prefixes or without; raises BrickworkError where none does."""
    tries = [(each, layout) for each in (file, file.without_prefix()) for layout in layouts_of(model)]
    each, layout = max(tries, key=lambda pair: pair[1].met(pair[0].tensors))
    problem = first_problem(model, each, layout, leave)
    if problem is None and file.tensors:
        return each, layout
    known = 2 * layout.met(each.tensors) >= min(len(each.tensors), len(layout.slots)) > 0
    if not file.ordered and not known:
        problem = _order_problem(model, file)
    if file.ordered:
        by_order = match_in_order(model, file.without_prefix(), leave)
        if isinstance(by_order, Layout):
            return file.without_prefix(), by_order
        problem = problem if known else by_order
    raise BrickworkError(f"{file.path}: {problem}")


def _order_problem(model: Model, file: TensorFile) -> str:
    names = " and ".join(dict.fromkeys(layout.library for layout in layouts_of(model)))
    first = next(iter(file.tensors), "nothing")
    return (
        f"not weights of {model.network.name}: it holds {first!r}, no name that {names} give its layers, and "
        "safetensors keeps no order to go by."
    )


def _fit_tensor(file: TensorFile, slot: Slot, leave: Leave) -> Tensor:
    """The tensor as we have it; of another number of classes, as long as it is."""
    tensor = file.tensors[slot.theirs]
    if not tensor.isfinite().all():
        raise BrickworkError(f"{file.path}: {slot.theirs} holds numbers that are infinite or not numbers (NaN).")
    if _reads_others(tensor, slot, leave):
        return adapt_channels(tensor.float(), slot.shape[1])
    shape = (*tensor.shape[:1], *slot.shape[1:])
    return tensor.float().reshape(shape) if prod(shape) == tensor.numel() else tensor.float()


def _reads_others(tensor: Tensor, slot: Slot, leave: Leave) -> bool:
    shape = tuple(tensor.shape)
    return slot.ours == leave.first and shape != slot.shape and other_channels(shape, slot)


def adapt_channels(weight: Tensor, channels: int) -> Tensor:
    """A convolution's weight for another number of input channels, as timm does it.

    For one channel it is the sum, which sees a grey image as the old weight sees it repeated. For more the channels
    are repeated in turn, times old / new, so that equal channels give what they gave.
    """
    stored = weight.shape[1]
    if channels == 1:
        return weight.sum(dim=1, keepdim=True)
    return weight.repeat(1, ceil(channels / stored), 1, 1)[:, :channels] * (stored / float(channels))


def _adaptation(file: TensorFile, slots: list[Slot], leave: Leave) -> str:
    for slot in slots:
        if _reads_others(file.tensors[slot.theirs], slot, leave):
            how = "summed" if slot.shape[1] == 1 else "repeated"
            return f"{slot.ours}: {file.tensors[slot.theirs].shape[1]} channels to {slot.shape[1]}, {how}"
    return ""
