"""Alignment by order: a file whose names nobody knows, but which has kept the order of its layers."""

import re
from dataclasses import dataclass
from itertools import groupby

from brickwork.model import Model
from brickwork.weights.differ import shape_problem, tensor_shape
from brickwork.weights.layout import Layout, Leave, Slot, own
from brickwork.weights.state_dict import TensorFile

SIDE = re.compile(r"^(.*?)\.(before|body|shortcut|after)\b")  # of the outermost residual
SIDES = ("", "before", "shortcut", "body", "after")


@dataclass(frozen=True)
class Steps:
    """How far a file and a model go side by side, and what is wrong there."""

    slots: tuple[Slot, ...]
    problem: str | None


def match_in_order(model: Model, file: TensorFile, leave: Leave) -> Layout | str:
    """The file's own names in their order, if suffixes and shapes agree with ours all along; or the first difference.

    Libraries differ in what of a residual block comes first, so it is tried with the bodies before the shortcuts, as
    here, and the other way about; shapes decide.
    """
    names = list(own(model))
    tries = [in_step(model, file, order, leave) for order in (names, shortcuts_first(names))]
    best = max(tries, key=lambda each: (each.problem is None, len(each.slots)))
    if best.problem is not None:
        return best.problem
    place = {name: number for number, name in enumerate(names)}
    return Layout("order", tuple(sorted(best.slots, key=lambda slot: place[slot.ours])))


def shortcuts_first(names: list[str]) -> list[str]:
    """Names in the order of a file whose residual blocks have their shortcuts first."""
    ordered: list[str] = []
    for _, group in groupby(names, lambda name: match[1] if (match := SIDE.match(name)) else name):
        ordered += sorted(group, key=lambda name: SIDES.index(match[2]) if (match := SIDE.match(name)) else 0)
    return ordered


def in_step(model: Model, file: TensorFile, order: list[str], leave: Leave) -> Steps:
    """Tensor by tensor, until one has another suffix or shape; biases that a norm takes are passed over."""
    tensors, theirs, slots = own(model), list(file.tensors), list[Slot]()
    place = 0
    for name in order:
        if place < len(theirs) and _folds(theirs, place, name):
            place += 1
        there = theirs[place] if place < len(theirs) else "nothing"
        slot = Slot(name, there, tuple(tensors[name].shape), tuple(tensors[name].shape))
        if there == "nothing" and name in leave.classifier:
            slots.append(slot._replace(theirs=name))
            continue
        problem = step_problem(model, file, slot, place, leave)
        if problem:
            return Steps(tuple(slots), problem)
        slots.append(slot)
        place += 1
    rest = theirs[place:]
    problem = f"{rest[0]}{tensor_shape(file.tensors[rest[0]])} has no place in {model.network.name}." if rest else None
    return Steps(tuple(slots), problem)


def _folds(theirs: list[str], place: int, name: str) -> bool:
    """Whether a file has a bias here that ours, whose next layer begins, has not."""
    bias = theirs[place].endswith(".bias") and name.endswith(".weight")
    return bias and place > 0 and theirs[place - 1] == theirs[place].removesuffix("bias") + "weight"


def step_problem(model: Model, file: TensorFile, slot: Slot, place: int, leave: Leave) -> str | None:
    tensor = file.tensors.get(slot.theirs)
    if tensor is not None and slot.theirs.rpartition(".")[2] == slot.ours.rpartition(".")[2]:
        return shape_problem(model, slot, tuple(tensor.shape), leave)
    return (
        f"not weights of {model.network.name}: tensor {place + 1} is {slot.theirs} in the file{tensor_shape(tensor)}, "
        f"{slot.ours}{tensor_shape(own(model)[slot.ours])} here."
    )
