"""Apply: the network that an edit script makes of another."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from brickwork.diffing.edits import (
    Address,
    Delete,
    Edit,
    Insert,
    Reattach,
    Reclass,
    Regroup,
    Rename,
    Replace,
    Reshape,
)
from brickwork.diffing.series import Part, Series, expr_of, network_slots, series_of, slots, with_slots
from brickwork.errors import BrickworkError
from brickwork.network import Named, Network, SideHead


def apply_edits(edits: Sequence[Edit], network: Network) -> Network:
    """The network after the edits; raises BrickworkError where it is not the one that they were made for."""
    for edit in edits:
        network = network if edit.at else _outside(edit, network)
    inside = by_place([(edit.at, edit) for edit in edits if edit.at])
    stages, head, sides = (
        apply_to_series(series, inside.get(slot, ())) for slot, series in enumerate(network_slots(network))
    )
    return replace(network, stages=stages.parts, head=expr_of(head), side_heads=sides.parts)  # type: ignore[arg-type]


def _outside(edit: Edit, network: Network) -> Network:
    match edit:
        case Reshape(old=old, new=new) if network.input == old:
            return replace(network, input=new)
        case Reclass(old=count, new=classes) if network.classes == count:
            return replace(network, classes=classes)
    _refuse(edit)


def by_place(ways: Sequence[tuple[Address, Edit]]) -> dict[int, list[tuple[Address, Edit]]]:
    """Edits by the first step of their way."""
    found: dict[int, list[tuple[Address, Edit]]] = defaultdict(list)
    for (first, *rest), edit in ways:
        found[first].append((tuple(rest), edit))
    return found


def apply_to_series(series: Series, ways: Sequence[tuple[Address, Edit]]) -> Series:
    blocks = next((edit.blocks for way, edit in ways if not way and isinstance(edit, Regroup)), series.blocks)
    here = by_place([(way, edit) for way, edit in ways if way])
    if here and max(here) > len(series.parts):
        _refuse(here[max(here)][0][1])
    made: list[Part] = []
    gone = 0
    for place in range(len(series.parts) + 1):
        found = here.get(place, [])
        made += [part for way, edit in found if not way and isinstance(edit, Insert) for part in flat(edit.parts).parts]
        gone += sum(_count_deleted(series, place, edit) for way, edit in found if not way)
        if gone:
            gone -= 1
        elif place < len(series.parts):
            made.append(apply_to_part(series.parts[place], found))
    return Series(tuple(made), blocks)


def flat(parts: Sequence[Part]) -> Series:
    """Parts in blocks as parts alone."""
    return Series(tuple(inside for part in parts for inside in series_of(part).parts))  # type: ignore[arg-type]


def _count_deleted(series: Series, place: int, edit: Edit) -> int:
    if not isinstance(edit, Delete):
        return 0
    parts = flat(edit.parts).parts
    if series.parts[place : place + len(parts)] != parts:
        _refuse(edit)
    return len(parts)


def apply_to_part(part: Part, ways: Sequence[tuple[Address, Edit]]) -> Part:
    for way, edit in ways:
        if not way:
            part = _relabel(part, edit)
    inside = by_place([(way, edit) for way, edit in ways if way])
    if not inside:
        return part
    found = slots(part)
    if max(inside) >= len(found):
        _refuse(inside[max(inside)][0][1])
    return with_slots(part, [apply_to_series(series, inside.get(slot, ())) for slot, series in enumerate(found)])


def _relabel(part: Part, edit: Edit) -> Part:
    match edit, part:
        case Replace(old=old, new=new), _ if part == old:
            return new
        case Rename(old=old_name, new=new_name), Named(name) if name == old_name:
            return replace(part, name=new_name)
        case Reattach(old=was, new=(name, after, weight)), SideHead():
            if (part.name, part.after, part.weight) == was:
                return replace(part, name=name, after=after, weight=weight)
        case Insert(), _:
            return part
    _refuse(edit)


def _refuse(edit: Edit) -> NoReturn:
    raise BrickworkError(
        f"the edits were made for another network: {edit.path or 'the input'} is not what '{edit.words()}' begins "
        "with. Apply a diff to the first of its two networks."
    )
