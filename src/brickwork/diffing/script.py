"""Edit script: the cheapest way from one network to another as edits, each with its effect on parameters, MACs, ..."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import accumulate

from brickwork.diffing.align import Aligner, Move, PricedPart, PricedSeries
from brickwork.diffing.edits import (
    Address,
    Delete,
    Edit,
    Effect,
    Insert,
    Reattach,
    Reclass,
    Regroup,
    Rename,
    Replace,
    Reshape,
    holder_path,
)
from brickwork.diffing.series import Bounds, Part, group
from brickwork.network import Cost, Layer, Named, Network, Row, SideHead, cost


class CostSoFar:
    """What the first layers of a network cost together, however many: sums, and the widest field of the stages'."""

    def __init__(self, network: Network) -> None:
        self.paths = [path for path, _ in network.layers()]
        total: Cost = cost(network)
        rows = {row.path: row for row in total.rows_with_side_heads}
        sides = {side.name for side in network.side_heads}
        stages = {stage.name for stage in network.stages}
        effects = (_effect(rows.get(path), path.partition(".")[0], stages, sides) for path in self.paths)
        self.sums = list(accumulate(effects, _after, initial=Effect(field=1)))
        self.place = 0

    def advance(self, count: int) -> tuple[tuple[str, ...], Effect]:
        """Goes on by so many layers: their paths, and what they add."""
        paths, start, self.place = self.next_paths(count), self.place, self.place + count
        return paths, self.sums[self.place].minus(self.sums[start])

    def next_paths(self, count: int) -> tuple[str, ...]:
        return tuple(self.paths[self.place : self.place + count])


def _effect(row: Row | None, part: str, stages: set[str], sides: set[str]) -> Effect:
    """What a layer costs; nothing where it does not run, as a shortcut that is not needed."""
    if row is None:
        return Effect()
    if part in sides:
        return Effect(side_params=row.params)
    return Effect(row.params, row.macs, row.bytes, max(row.field) if part in stages else 0)


def _after(before: Effect, layer: Effect) -> Effect:
    return before.plus(layer)._replace(field=max(before.field, layer.field))


class ScriptWriter:
    """Writes the edits in the order in which the networks run."""

    def __init__(self, one: Network, two: Network, aligner: Aligner) -> None:
        self.one, self.two, self.aligner = one, two, aligner
        self.tallies = CostSoFar(one), CostSoFar(two)
        self.edits: list[Edit] = []
        self.cause = 0  # the place of the last edit of more than names

    def write(self) -> tuple[Edit, ...]:
        one, two = self.one, self.two
        if one.input != two.input:
            self.add(partial(Reshape, old=one.input, new=two.input), (), 0, 0)
        if one.classes != two.classes:
            self.add(partial(Reclass, old=one.classes, new=two.classes), (), 0, 0)
        for slot, lines in enumerate(zip(self.aligner.lines(one), self.aligner.lines(two), strict=True)):
            self.line(*lines, (slot,))
        return tuple(self.edits)

    def add(self, kind: Callable[..., Edit], at: Address, before: int, after: int, path: str = "") -> None:
        """An edit that takes so many layers and gives so many; `path` where it is none of a layer."""
        old, effect = self.tallies[0].advance(before)
        new, added = self.tallies[1].advance(after)
        where = path or holder_path(old or new)
        if old or new or not at:
            self.cause = len(self.edits)
        self.edits.append(kind(at=at, path=where, before=old, after=new, effect=added.minus(effect)))

    def keep(self, leaves: int) -> None:
        """Layers that stay; what they cost otherwise than before is due to the last edit of more than names."""
        (_, before), (_, after) = (tally.advance(leaves) for tally in self.tallies)
        if before != after:
            last = self.edits[self.cause]
            self.edits[self.cause] = replace(last, effect=last.effect.plus(after.minus(before)))

    def line(self, one: PricedSeries, two: PricedSeries, at: Address) -> None:
        if one.exact == two.exact:
            self.keep(one.leaves)
            return
        for step in self.aligner.steps(one, two):
            if step.pair:
                self.pair(one.nodes[step.i], two.nodes[step.j], (*at, step.i))
            else:
                self.run(one, two, step, at)
        if one.series.blocks != two.series.blocks:
            self.add(partial(Regroup, blocks=two.series.blocks), at, 0, 0)

    def pair(self, one: PricedPart, two: PricedPart, at: Address) -> None:
        if one.exact == two.exact:
            self.keep(one.leaves)
        elif isinstance(one.part, Layer) or not one.lines:
            self.add(partial(Replace, old=one.part, new=two.part), at, one.leaves, two.leaves)
        else:
            self.label(one.part, two.part, at, holder_path(self.tallies[0].next_paths(one.leaves)))
            for slot, lines in enumerate(zip(one.lines, two.lines, strict=True)):
                self.line(*lines, (*at, slot))

    def label(self, one: Part, two: Part, at: Address, path: str) -> None:
        match one, two:
            case Named(old), Named(new) if old != new:
                self.add(partial(Rename, old=old, new=new), at, 0, 0, path)
            case SideHead(), SideHead():
                was, now = ((side.name, side.after, side.weight) for side in (one, two))
                if was != now:
                    self.add(partial(Reattach, old=was, new=now), at, 0, 0, path)

    def run(self, one: PricedSeries, two: PricedSeries, step: Move, at: Address) -> None:
        """Parts that go, and parts that come in their place."""
        if step.i < step.i_end:
            leaves = sum(node.leaves for node in one.nodes[step.i : step.i_end])
            self.add(partial(Delete, parts=in_blocks(one, step.i, step.i_end)), (*at, step.i), leaves, 0)
        if step.j < step.j_end:
            leaves = sum(node.leaves for node in two.nodes[step.j : step.j_end])
            self.add(partial(Insert, parts=in_blocks(two, step.j, step.j_end)), (*at, step.i_end), 0, leaves)


def in_blocks(line: PricedSeries, start: int, end: int) -> tuple[Part, ...]:
    """Parts of a series, in the blocks that hold nothing else."""
    inside = [
        Bounds(block.start - start, block.end - start, block.name, block.arguments)
        for block in line.series.blocks
        if start <= block.start and block.end <= end
    ]
    return tuple(group(line.series.parts[start:end], inside))
