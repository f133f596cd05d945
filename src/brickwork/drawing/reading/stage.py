"""Stages as they are drawn: what is in each, and the words beside it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from brickwork.drawing.paint import amount_of
from brickwork.drawing.parts import Box, Frame, Part, Side, Stack, Stage, boxes, is_complete
from brickwork.drawing.reading.label import names_text
from brickwork.drawing.reading.misfit import Misfit, rows_until_misfit
from brickwork.drawing.reading.reader import PartReader, stack_of
from brickwork.errors import BrickworkError, nearest
from brickwork.network import Cost, Named, Network, Row, Shape, cost, walk
from brickwork.network.cost import tap
from brickwork.network.text import count

LINES = 5  # that a closed stage has at most


@dataclass(frozen=True, repr=False, eq=False)
class Drawing:
    """A network as stages and side heads, up to its misfit where it has one."""

    stages: tuple[Stage, ...]
    sides: tuple[Side, ...]
    misfit: Misfit | None
    total: Cost | None

    @property
    def is_complete(self) -> bool:
        """Whether all stages are drawn."""
        return all(is_complete(stage.stack) for stage in self.stages)

    def stacks(self) -> Iterator[Stack]:
        yield from (stage.stack for stage in self.stages)
        yield from (side.stage.stack for side in self.sides)

    def map_stacks(self, change: Callable[[Stack], Stack]) -> "Drawing":
        """The same with other stacks."""

        def changed(stage: Stage) -> Stage:
            return stage._replace(stack=change(stage.stack))

        sides = tuple(side._replace(stage=changed(side.stage)) for side in self.sides)
        return replace(self, stages=tuple(map(changed, self.stages)), sides=sides)


def read_network(
    network: Network, depth: str = "layer", unfold: Sequence[str] = (), marks: Mapping[str, str] | None = None
) -> Drawing:
    """What is drawn of a network; raises BrickworkError where a path to unfold is no part of it.

    `marks` of layers, by their paths, keep parts from folding where they differ.
    """
    check_unfold(network, unfold)
    total, rows, misfit = rows_by_path(network)
    taps = [tap(network, side) for side in network.side_heads]
    reader = PartReader(rows, misfit, depth, unfold, taps, marks=marks or {})
    stages: list[Stage] = []
    shape = network.input
    for part in network.parts():
        if not reader.stopped:
            stages.append(read_stage(reader, part, shape))
            shape = stages[-1].stack.output
    drawing = Drawing(tuple(stages), tuple(read_sides(reader, network, taps)), misfit, total)
    if misfit and all(map(is_complete, drawing.stacks())):
        cost(network)  # raises: it is none of a layer, as where two parts have one name
    return drawing


def rows_by_path(network: Network) -> tuple[Cost | None, dict[str, Row], Misfit | None]:
    """The rows of the network and its side heads by their paths, and its cost, or else its misfit."""
    try:
        total = cost(network)
    except BrickworkError:
        rows, misfit = rows_until_misfit(network)
        if misfit is None:
            raise
        return None, rows, misfit
    return total, {row.path: row for row in total.rows_with_side_heads}, None


def check_unfold(network: Network, unfold: Sequence[str]) -> None:
    if not unfold:
        return
    parts = [(part.name, part.body) for part in network.parts()]
    sides = [(side.name, side.body) for side in network.side_heads]
    known = {path for name, body in [*parts, *sides] for path, _ in walk(body, name)}
    for path in unfold:
        if path not in known:
            raise BrickworkError(f"{network.name} has no part {path!r}: {nearest(path, sorted(known))}".strip())


def read_stage(reader: PartReader, part: Named, shape: Shape) -> Stage:
    stack = reader.stack(part.body, part.name, shape)
    rows = rows_in(stack)
    if reader.depth == "stage" and not reader.is_open(part.name):
        stack = stack_of([stage_box(stack, rows)], shape)
    return Stage(part.name, count_words(rows), stack)


def rows_in(stack: Stack) -> list[Row]:
    return [row for box in boxes(stack) for row in box.rows]


def count_words(rows: Sequence[Row]) -> tuple[str, ...]:
    """Parameters and MACs, as they stand beside a stage."""
    params, macs = (amount_of(rows, paint) for paint in ("params", "macs"))
    return tuple(f"{count(number)} {word}" for number, word in ((params, "params"), (macs, "MACs")) if number)


def stage_box(stack: Stack, rows: Sequence[Row]) -> Box:
    """A stage as one box with a line for each part."""
    lines = [part_line(part) for part in stack.parts]
    lines = lines if len(lines) <= LINES else [*lines[: LINES - 1], f"and {len(lines) - LINES + 1} more"]
    return Box(lines[0] if lines else "nothing", "block", tuple(rows), stack.output, lines=tuple(lines[1:]))


def part_line(part: Part) -> str:
    """A part in one line of a closed stage."""
    match part:
        case Frame(body, times, names):
            words = [f"{times} x" if times > 1 else "", f"{names_text(names)}:" if names else "", part_line(body)]
            return " ".join(filter(None, words))
        case Box(label):
            return label
    first = next(boxes(part), None)
    return f"{first.label if first else ''}, ... to {part.output[0]}"


def read_sides(reader: PartReader, network: Network, taps: Sequence[str]) -> Iterator[Side]:
    """The side heads of which at least a part can be drawn."""
    for side, path in zip(network.side_heads, taps, strict=True):
        first = next((row for place, row in reader.rows.items() if is_below(place, side.name)), None)
        misfit = reader.misfit if reader.misfit and is_below(reader.misfit.path, side.name) else None
        shape = first.input if first else misfit.reaches if misfit else ()
        if shape and not reader.stopped:
            stack = reader.stack(side.body, side.name, shape)
            words = (*count_words(rows_in(stack)), f"reads {side.after}", f"loss x {side.weight:g}")
            yield Side(Stage(side.name, words, stack), path)


def is_below(path: str, part: str) -> bool:
    return f"{path}.".startswith(f"{part}.")
