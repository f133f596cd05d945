"""Edits: the kinds of steps that make one network from another, each with what it costs or saves."""

from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import groupby, takewhile
from typing import Any, ClassVar, NamedTuple, final

from brickwork.diffing.series import Bounds, Part, Path
from brickwork.network import Chain, Expr, Layer, Named, Shape, SideHead, walk
from brickwork.network.cost import kind_of
from brickwork.network.layer import shape_text
from brickwork.network.text import plain_text

LONGEST = 60  # characters of a part as it is written
Address = tuple[int, ...]  # where in the first network: a slot, a place in it, a slot of what is there, a place ...


class Effect(NamedTuple):
    """What an edit adds, or saves where it is less than 0; for one image, as `cost` counts."""

    params: int = 0
    macs: int = 0
    bytes: int = 0  # activations written, in float32
    field: int = 0  # pixels of the side of the receptive field
    side_params: int = 0  # parameters of side heads, which serve training alone

    def plus(self, other: "Effect") -> "Effect":
        return Effect(*(one + two for one, two in zip(self, other, strict=True)))

    def minus(self, other: "Effect") -> "Effect":
        return Effect(*(one - two for one, two in zip(self, other, strict=True)))


@dataclass(frozen=True, repr=False)
class Edit(ABC):
    """A step: where it is, which layers it takes and gives (by their paths in the two networks), and its effect.

    What a step changes in unchanged layers behind it, up to the next step, is part of its effect: a convolution reads
    more channels where the one before it has become wider.
    """

    at: Address
    path: str  # of what it concerns: in the first network, unless it is new
    before: tuple[str, ...]
    after: tuple[str, ...]
    effect: Effect

    mark: ClassVar[str] = "~"  # + added, - removed, ~ changed

    def words(self) -> str:
        """What it does, in words."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, object]:
        kind = type(self).__name__.lower()
        own = {field.name: plain(getattr(self, field.name)) for field in fields(self)[5:]}
        texts = {"kind": kind, "path": self.path, "words": self.words()}
        return {**texts, **own, "before": self.before, "after": self.after, **self.effect._asdict()}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path}: {self.words()})"


@final
@dataclass(frozen=True, repr=False)
class Insert(Edit):
    """New parts before the place."""

    parts: tuple[Part, ...]

    mark: ClassVar[str] = "+"

    def words(self) -> str:
        return parts_text(self.parts)


@final
@dataclass(frozen=True, repr=False)
class Delete(Edit):
    """The parts from the place on go."""

    parts: tuple[Part, ...]

    mark: ClassVar[str] = "-"

    def words(self) -> str:
        return parts_text(self.parts)


@final
@dataclass(frozen=True, repr=False)
class Replace(Edit):
    """Another layer in a layer's place: of the same kind with other fields, or of another kind."""

    old: Part
    new: Part

    def words(self) -> str:
        if type(self.old) is not type(self.new) or not isinstance(self.old, Layer):
            return f"{self.old!r} -> {self.new!r}"
        return f"{self.old.kind}: {', '.join(f'{name} {one} -> {two}' for name, one, two in field_changes(self))}"


@final
@dataclass(frozen=True, repr=False)
class Rename(Edit):
    """Another name of a stage or part, which is that of its weights."""

    old: str
    new: str

    def words(self) -> str:
        return f"name {self.old} -> {self.new}"


@final
@dataclass(frozen=True, repr=False)
class Reattach(Edit):
    """A side head's name, what it reads, and its share in the loss."""

    old: tuple[str, str, float]
    new: tuple[str, str, float]

    def words(self) -> str:
        (old, was, share), (new, reads, weight) = self.old, self.new
        pairs = (("name", old, new), ("reads", was, reads), ("loss x", f"{share:g}", f"{weight:g}"))
        return ", ".join(f"{what} {one} -> {two}" for what, one, two in pairs if one != two)


@final
@dataclass(frozen=True, repr=False)
class Regroup(Edit):
    """The blocks around the parts of a series, after all other edits: only how parts are called, never what they do."""

    blocks: tuple[Bounds, ...]

    def words(self) -> str:
        names = [f"{block.name}({block.arguments})" for block in self.blocks]
        return f"called {', '.join(names)}" if names else "called by no block's name"


@final
@dataclass(frozen=True, repr=False)
class Reshape(Edit):
    """Another input."""

    old: Shape
    new: Shape

    def words(self) -> str:
        return f"input {shape_text(self.old)} -> {shape_text(self.new)}"


@final
@dataclass(frozen=True, repr=False)
class Reclass(Edit):
    """Another number of classes; the layers that make the logits have edits of their own."""

    old: int
    new: int

    def words(self) -> str:
        return f"classes {self.old} -> {self.new}"


def field_changes(edit: Replace) -> list[tuple[str, Any, Any]]:
    """The fields of a layer that differ, with what they were and are."""
    pairs = ((f.name, getattr(edit.old, f.name), getattr(edit.new, f.name)) for f in fields(edit.old))  # type: ignore[arg-type]
    return [(name, one, two) for name, one, two in pairs if one != two]


def parts_text(parts: Sequence[Part]) -> str:
    """Parts as a paper's table has them, equal neighbours once."""
    groups = [(text, len(list(group))) for text, group in groupby(map(part_text, parts))]
    return ", ".join(f"{times} x {text}" if times > 1 else text for text, times in groups)


def part_text(part: Part) -> str:
    """A part as it is written, or where that is long, what it is and how many layers it has."""
    match part:
        case Named(name, body):
            return f"{name}: {parts_text(series_parts(body))}"
        case SideHead():
            return f"{part.name} reads {part.after}: {parts_text(series_parts(part.body))}"
        case Path(body):
            return f"path {parts_text(series_parts(body))}"
    text = plain_text(part)
    return text if len(text) <= LONGEST else f"{kind_of(part)} of {count_layers(part)} layers"


def series_parts(expr: Expr) -> tuple[Expr, ...]:
    return expr.parts if isinstance(expr, Chain) else (expr,)


def count_layers(expr: Expr) -> int:
    return sum(isinstance(part, Layer) for _, part in walk(expr))


def plain(value: Any) -> object:
    """A field's value as plain data; parts as they are written."""
    match value:
        case Layer():
            return repr(value)
        case tuple():
            return [plain(each) for each in value]
        case int() | float() | str() | None:
            return value
    return repr(value)


def holder_path(paths: Sequence[str]) -> str:
    """The path of the part that holds all of some layers; of several stages the first and the last."""
    if not paths:
        return ""
    words = [path.split(".") for path in paths]
    same = [each[0] for each in takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))]
    return ".".join(same) or f"{words[0][0]}-{words[-1][0]}"
