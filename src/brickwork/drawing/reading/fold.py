"""Folding: equal neighbours as one part in a frame, and which parts are equal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from brickwork.drawing.parts import Box, Frame, Part, Stack, map_boxes, merge_parts
from brickwork.network import Block, Expr, Named, Row, transform
from brickwork.network.layers import Dropout, StochasticDepth


class Entry(NamedTuple):
    """A part of a chain before folding."""

    body: object  # what makes it equal to another: its layers without names and drop rates
    part: Part
    path: str
    name: str = ""  # its own, as in a paper's "3a"
    ends: bool = False  # whether a side head reads what leaves it, so that nothing is folded across it
    origin: str = ""  # of a copy: the path of the first part, whose rows the boxes hold

    def copy_at(self, path: str, name: str, ends: bool) -> "Entry":
        """The same part at another path."""
        return self._replace(path=path, name=name, ends=ends, origin=self.origin or self.path)


def bare_body(expr: Expr) -> Expr:
    """An expression without what keeps no parts from folding: names of parts and blocks, drop rates."""
    return transform(expr, bare_part)


def bare_part(part: Expr) -> Expr:
    match part:
        case StochasticDepth():
            return replace(part, drop=0.0)
        case Dropout():
            return replace(part, p=0.0)
        case Named(body=body) | Block(body=body):
            return body
    return part


def fold(entries: Sequence[Entry], least: int, rows: Mapping[str, Row]) -> list[Part]:
    """The parts of a chain, equal neighbours once; chains without a name lie open in the chain around them.

    Layers are folded where there are at least so many: two in the body of a block are its paper's figure.
    """
    parts: list[Part] = []
    for same in equal_runs(entries, least):
        names = tuple(entry.name for entry in same if entry.name)
        whole = merge_entries(same, rows)
        if len(same) > 1 or names:
            alone = isinstance(whole, Stack) and len(whole.parts) == 1
            parts.append(Frame(whole.parts[0] if isinstance(whole, Stack) and alone else whole, len(same), names))
        else:
            parts.extend(whole.parts if isinstance(whole, Stack) else [whole])
    return parts


def merge_entries(same: Sequence[Entry], rows: Mapping[str, Row]) -> Part:
    """Equal entries as one part; copies of one part get the rows of their own paths."""
    if len({id(entry.part) for entry in same}) == 1:
        return with_rows_of(same, rows)
    return merge_parts([with_rows_of([entry], rows) for entry in same])


def with_rows_of(copies: Sequence[Entry], rows: Mapping[str, Row]) -> Part:
    """A part of which there are copies elsewhere, with the rows of them all."""
    origin = len(copies[0].origin or copies[0].path)
    if len(copies) == 1 and not copies[0].origin:
        return copies[0].part

    def change(box: Box) -> Box:
        places = [row.path[origin:] for row in box.rows]
        found = tuple(rows[entry.path + place] for entry in copies for place in places)
        return replace(box, rows=found, rates=box.rates * len(copies))

    return map_boxes(copies[0].part, change)


def equal_runs(entries: Sequence[Entry], least: int) -> Iterable[list[Entry]]:
    """Runs of entries that are equal and that no side head divides."""
    runs: list[list[Entry]] = []
    for entry in entries:
        last = runs[-1][-1] if runs else None
        if last and not last.ends and (last.body is entry.body or last.body == entry.body) and last.part == entry.part:
            runs[-1].append(entry)
        else:
            runs.append([entry])
    for run in runs:
        few = isinstance(run[0].part, Box) and run[0].part.look != "block" and len(run) < least
        yield from ([entry] for entry in run) if few else [run]
