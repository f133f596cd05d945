"""From an expression to the parts that are drawn, with the rows of its cost in the boxes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from brickwork.drawing.parts import Around, Box, Fork, Part, Stack
from brickwork.drawing.reading.fold import Entry, bare_body, bare_part, fold
from brickwork.drawing.reading.fuse import LayerGroup, Placed, fuse, group_box
from brickwork.drawing.reading.label import STRIPES, block_label, layer_label
from brickwork.drawing.reading.misfit import Misfit, misfit_box
from brickwork.network import (
    IDENTITY,
    Block,
    Chain,
    Concat,
    Expr,
    Gate,
    Layer,
    Named,
    OnChange,
    Residual,
    Row,
    Shape,
    children,
    shape_after,
    walk,
)
from brickwork.network.algebra import join_path
from brickwork.network.layer import shape_text
from brickwork.network.propagate import shortcut_of

TRUNK, BRANCH = 2, 3  # equal layers in a row that are folded: in a stage, and inside of blocks


@dataclass(repr=False, eq=False)
class PartReader:
    """Reads parts in the order in which they run; `stopped` from the layer on that does not fit."""

    rows: Mapping[str, Row]
    misfit: Misfit | None = None
    depth: str = "layer"
    unfold: Sequence[str] = ()
    taps: Sequence[str] = ()  # the paths that side heads read
    marks: Mapping[str, str] = field(default_factory=dict)  # of layers that another network has not, or otherwise
    stopped: bool = False
    outputs: dict[tuple[int, Shape], Shape] = field(default_factory=dict)
    bodies: dict[int, Expr] = field(default_factory=dict)

    def is_open(self, path: str) -> bool:
        """Whether a block is drawn with what is inside it."""
        inside = [self.misfit.path] if self.misfit else []
        near = any(f"{path}.".startswith(f"{asked}.") for asked in self.unfold)
        return self.depth == "layer" or near or any(f"{p}.".startswith(f"{path}.") for p in [*self.unfold, *inside])

    def part(self, expr: Expr, path: str, shape: Shape, body: bool = False) -> Part:
        """What is drawn of an expression that a shape reaches; `body`: see opens_itself."""
        match expr:
            case Layer():
                return stack_of([entry.part for entry in self.entries([(path, expr)], body)], shape)
            case Chain():
                return self.chain(expr, path, shape, body)
            case Concat():
                return self.fork(expr, path, shape)
            case Residual():
                return self.residual(expr, path, shape)
            case Gate(body=inside):
                return self.gate(inside, path, shape)
            case Block() if not self.is_open(path):
                return self.closed(expr, path, shape)
            case Block(body=inside) | Named(body=inside) | OnChange(body=inside):
                return self.part(inside, path, shape, body)
        raise TypeError(f"{path}: {expr!r} is no layer and no combinator")

    def chain(self, expr: Chain, path: str, shape: Shape, body: bool) -> Stack:
        entries: list[Entry] = []
        run: list[tuple[str, Layer]] = []
        start, before = shape, None
        for (name, child), written in zip(children(expr), expr.parts, strict=True):
            place = join_path(path, name)
            if isinstance(written, Layer):
                run.append((place, written))
                continue
            entries += self.entries(run, body)
            run = []
            if self.stopped:
                break
            shape = entries[-1].part.output if entries else shape
            own = name if isinstance(written, Named) else ""
            if before == (id(child), shape) and self.may_copy():
                entries.append(entries[-1].copy_at(place, own, place in self.taps))
            else:
                entries.append(self.entry(child, place, shape, own))
            before = (id(child), shape)
            if self.stopped:
                break
        if not self.stopped:
            entries += self.entries(run, body)
        return stack_of(fold(entries, TRUNK if "." not in path else BRANCH, self.rows), start)

    def may_copy(self) -> bool:
        """Whether one object on one shape is drawn alike wherever it stands."""
        return self.misfit is None and not self.unfold and not self.marks

    def entry(self, child: Expr, path: str, shape: Shape, name: str) -> Entry:
        bare = self.bodies.get(id(child)) or self.bodies.setdefault(id(child), bare_body(child))
        body = (bare, self.marks_of(place for place, _ in layers_of(child, path)))
        return Entry(body, self.part(child, path, shape), path, name, path in self.taps)

    def marks_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The marks of layers, which keep parts from folding where they differ."""
        return tuple(self.marks.get(path, "") for path in paths) if self.marks else ()

    def entries(self, run: Sequence[tuple[str, Layer]], body: bool) -> list[Entry]:
        """Layers between blocks, in boxes; the first that does not fit is the last of them."""
        reached = [Placed(layer, self.rows[path]) for path, layer in run if path in self.rows]
        found = [self.group_entry(group) for group in fuse(reached, body)]
        if len(reached) < len(run):
            path, layer = run[len(reached)]
            self.stopped = True
            if self.misfit and self.misfit.path == path:
                label = layer_label(layer, self.misfit.reaches)
                found.append(Entry(path, misfit_box(label, self.misfit, repr(layer)), path))
        return found

    def group_entry(self, group: LayerGroup) -> Entry:
        layers = tuple(bare_part(placed.layer) for placed in group.all)
        ends = any(placed.row.path in self.taps for placed in group.all)
        body = (layers, self.marks_of(placed.row.path for placed in group.all))
        return Entry(body, group_box(group), group.all[-1].row.path, ends=ends)

    def stack(self, expr: Expr, path: str, shape: Shape) -> Stack:
        return stack_of([self.part(expr, path, shape)], shape)

    def fork(self, expr: Concat, path: str, shape: Shape) -> Fork:
        paths: list[Part] = []
        for name, child in children(expr):
            if not self.stopped:
                paths.append(self.part(child, join_path(path, name), shape))
        if self.stopped:
            return Fork(tuple(paths), None, shape)
        if self.ends_at(path):
            return Fork(tuple(paths), self.stop("concat"), shape)
        ends = [part.output for part in paths]
        output = (sum(end[0] for end in ends), *ends[0][1:])
        return Fork(tuple(paths), Box("concat", "join", output=output), output)

    def residual(self, expr: Residual, path: str, shape: Shape) -> Stack:
        before = self.part(expr.before, join_path(path, "before"), shape)
        if self.stopped:
            return stack_of([before], shape)
        start = before.output
        body = self.part(expr.body, join_path(path, "body"), start, opens_itself(expr))
        if self.stopped:
            return stack_of([before, Around(body, Stack((), start), "+", None, body.output)], shape)
        way = self.part(shortcut_of(expr, start, body.output), join_path(path, "shortcut"), start)
        if self.stopped or self.ends_at(path):
            fault = None if self.stopped else self.stop("sum")
            return stack_of([before, Around(body, way, "+", fault, body.output)], shape)
        node, after = split_node(self.stack(expr.after, join_path(path, "after"), body.output))
        return stack_of([before, Around(body, way, "+", node, body.output), *after], shape)

    def gate(self, inside: Expr, path: str, shape: Shape) -> Around:
        body = self.part(inside, join_path(path, "gate"), shape)
        node: Box | None = Box("", "node", output=shape)
        if self.stopped:
            node = None
        elif self.ends_at(path):
            node = self.stop("product")
        return Around(body, Stack((), shape), "\N{MULTIPLICATION SIGN}", node, shape)

    def closed(self, block: Block, path: str, shape: Shape) -> Box:
        key = (id(block), shape)
        output = self.outputs.get(key) or self.outputs.setdefault(key, shape_after(block, shape))
        rows = tuple(self.rows[place] for place, _ in layers_of(block, path) if place in self.rows)
        return Box(block_label(block, shape, output), "block", rows, output)

    def ends_at(self, path: str) -> bool:
        """Whether the sum or the join of this path does not come about."""
        return self.misfit is not None and self.misfit.path == path

    def stop(self, label: str) -> Box:
        self.stopped = True
        assert self.misfit
        return misfit_box(label, self.misfit)


def layers_of(expr: Expr, path: str) -> Iterator[tuple[str, Layer]]:
    return ((place, part) for place, part in walk(expr, path) if isinstance(part, Layer))


def opens_itself(expr: Residual) -> bool:
    """Whether norms and activations in a residual's body may belong to the convolution behind them."""
    first = children(expr.body)[:1]
    return expr.after == IDENTITY or (bool(first) and type(first[0][1]) in STRIPES)


def split_node(after: Stack) -> tuple[Box, tuple[Part, ...]]:
    """The node of a sum, with the norm and the activation right behind it, and the other parts behind it."""
    if after.parts and isinstance(after.parts[0], Box) and after.parts[0].look == "light":
        return after.parts[0], after.parts[1:]
    return Box("", "node", output=after.output), after.parts


def stack_of(parts: Sequence[Part], shape: Shape) -> Stack:
    """Parts one after another; a shape stands behind one that changes it, unless the rest leaves it as it is then."""
    flat: list[Part] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Stack) else [part])
    shapes = [shape, *(part.output for part in flat)]
    labels = [
        shape_text(after) if after != before and any(after != later for later in shapes[place + 2 :]) else ""
        for place, (before, after) in enumerate(pairwise(shapes))
    ]
    return Stack(tuple(flat), shapes[-1], tuple(labels))
