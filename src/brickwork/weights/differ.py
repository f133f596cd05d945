"""Differences between a file of weights and a model: the first in the file's order, names and shapes alike."""

from collections.abc import Iterator

from torch import Tensor

from brickwork.model import Model
from brickwork.network.layer import shape_text
from brickwork.weights.layout import Layout, Leave, Shape, Slot, logits
from brickwork.weights.names import SIDE_HEADS
from brickwork.weights.state_dict import TensorFile

Difference = tuple[float, str]  # the place in the file, and what is wrong there


def first_problem(model: Model, file: TensorFile, layout: Layout, leave: Leave) -> str | None:
    """What is wrong at the first place in which the file is not the model's; None where all of it is."""
    found = [*_in_slots(model, file, layout, leave), *_extra(model, file, layout)]
    return min(found, key=lambda each: each[0])[1] if found else None


def _in_slots(model: Model, file: TensorFile, layout: Layout, leave: Leave) -> Iterator[Difference]:
    """A tensor that is missing has its place behind the one before it."""
    places = places_in(file, layout)
    place = -1.0
    for slot in layout.slots:
        tensor = file.tensors.get(slot.theirs)
        if tensor is not None:
            place = places[slot.theirs]
            if words := shape_problem(model, slot, tuple(tensor.shape), leave):
                yield place, words
        elif slot.ours not in leave.classifier:
            yield place + 0.5, missing_text(model, slot)


def places_in(file: TensorFile, layout: Layout) -> dict[str, float]:
    """The place of every tensor in the file; where the file keeps no order, the model's order stands in."""
    if file.ordered:
        return {name: float(place) for place, name in enumerate(file.tensors)}
    known = {slot.theirs: float(place) for place, slot in enumerate(layout.slots)}
    return {name: known.get(name, float(len(known))) for name in file.tensors}


def shape_problem(model: Model, slot: Slot, shape: Shape, leave: Leave) -> str | None:
    """Why a shape of the file is not the model's, and what to do about it."""
    if shape in (slot.stored, slot.shape):
        return None
    classes, channels = _other_classes(model, slot, shape), other_channels(shape, slot)
    if (slot.ours in leave.classifier and classes) or (slot.ours == leave.first and channels):
        return None
    advice = ""
    if classes and slot.ours in safe_logits(model):
        advice = " Another number of classes: reset_classifier=True keeps the model's own classifier."
    elif channels and slot.ours == next(iter(model.state_dict())):
        advice = " Another number of channels: adapt_input=True fits the first convolution to it."
    return (
        f"{slot.theirs} is {shape_text(shape) or 'a number'} in the file, "
        f"{slot.ours} of {model.network.name} is {shape_text(slot.shape)}.{advice}"
    )


def safe_logits(model: Model) -> frozenset[str]:
    """`logits`, or nothing where a network has no classifier that could be reset."""
    from brickwork.errors import BrickworkError

    try:
        return logits(model)
    except BrickworkError:
        return frozenset()


def _other_classes(model: Model, slot: Slot, shape: Shape) -> bool:
    return any(differ_in_classes(shape, own, model.network.classes) for own in (slot.stored, slot.shape))


def differ_in_classes(stored: Shape, own: Shape, classes: int) -> bool:
    """Whether a classifier's tensor has another shape only where ours has a number for each class."""
    return len(stored) == len(own) and all(
        theirs == ours or ours == classes for theirs, ours in zip(stored, own, strict=True)
    )


def other_channels(shape: Shape, slot: Slot) -> bool:
    """Whether a convolution reads another number of channels in the file, and all else is the same."""
    return len(shape) == len(slot.shape) == 4 and (shape[0], *shape[2:]) == (slot.shape[0], *slot.shape[2:])


def missing_text(model: Model, slot: Slot) -> str:
    advice = _without_side_heads(model, slot)
    if slot.ours in safe_logits(model):
        advice = "; a file without its classifier is read with reset_classifier=True"
    return f"no {slot.theirs}, which {model.network.name} needs as {slot.ours} ({shape_text(slot.shape)}){advice}."


def _without_side_heads(model: Model, slot: Slot) -> str:
    part = slot.ours.partition(".")[0]
    sides = [side.name for side in model.network.side_heads]
    return "; a file without side heads fits a network with side_heads=false" if part in sides else ""


def _extra(model: Model, file: TensorFile, layout: Layout) -> Iterator[Difference]:
    known = {slot.theirs for slot in layout.slots} | layout.folded(model).keys()
    extra = [name for name in file.tensors if name not in known]
    if not model.network.side_heads and all(name.startswith(SIDE_HEADS) for name in extra):
        return
    places = places_in(file, layout)
    for name in extra:
        yield places[name], f"{name}{tensor_shape(file.tensors[name])} has no place in {model.network.name}."


def tensor_shape(tensor: Tensor | None) -> str:
    return "" if tensor is None else f" ({shape_text(tuple(tensor.shape))})"
