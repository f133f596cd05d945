"""A network: the expression with its input, its classes, its stages by name and where it comes from."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module

from brickwork.errors import BrickworkError
from brickwork.network.algebra import IDENTITY, Expr, Named, walk
from brickwork.network.layer import Layer, Shape, shape_text
from brickwork.validate import validate_fields


@dataclass(frozen=True)
class Facts:
    """Where a network comes from, and how its weights begin."""

    paper: str = ""  # authors, title, where it stands
    year: int = 0
    note: str = ""  # what differs from the paper, if anything does
    init: str = "he"  # the initialisation that `build` uses: see brickwork.model.initialise

    def __post_init__(self) -> None:
        validate_fields(self)


@dataclass(frozen=True)
class SideHead:
    """Auxiliary classifier: a head on the side that helps training (GoogLeNet's two)."""

    name: str
    after: str  # the path it reads: a stage ("stage4") or a part of one ("stage4.4a")
    body: Expr
    weight: float = 0.3  # its share in the training loss

    def __post_init__(self) -> None:
        validate_fields(self)


@dataclass(frozen=True)
class Network:
    """A convolutional network as a value: comparable, hashable, printable, and free of torch.

    Two networks are equal, and have one hash, when their input, classes, stages (with their names, which are those of
    the weights), head and side heads are. What a network or a block is called and where it comes from (`name`,
    `facts`) does not count. `print(*network.parts(), sep="\\n")` shows the whole expression; what is made of a network
    is a function over it: cost, with_input, with_classes, with_width.
    """

    name: str = field(compare=False)
    input: Shape  # channels, height, width
    classes: int
    stages: tuple[Named, ...]
    head: Expr
    side_heads: tuple[SideHead, ...] = ()
    facts: Facts = field(default=Facts(), compare=False)

    def __post_init__(self) -> None:
        validate_fields(self)
        if len(self.input) != 3 or min(self.input) < 1:
            raise BrickworkError(
                f"{self.name}: an input is channels x height x width, each at least 1, not {self.input}."
            )
        if self.classes < 1:
            raise BrickworkError(f"{self.name}: a network tells at least 1 class apart, not {self.classes}.")
        names = [*(s.name for s in self.stages), *(s.name for s in self.side_heads), "head"]
        if len(set(names)) < len(names):
            twice = next(name for name, count in Counter(names).items() if count > 1)
            raise BrickworkError(f"{self.name}: two parts have the name {twice!r}.")

    def parts(self) -> tuple[Named, ...]:
        """The stages and the head, in the order in which they run."""
        return (*self.stages, Named("head", self.head))

    def layers(self) -> Iterator[tuple[str, Layer]]:
        """Every layer with its path: those of the stages, the head and the side heads."""
        parts = [(part.name, part.body) for part in self.parts()]
        for name, body in [*parts, *((side.name, side.body) for side in self.side_heads)]:
            yield from ((path, part) for path, part in walk(body, name) if isinstance(part, Layer))

    def __str__(self) -> str:
        return f"{self.name} on {shape_text(self.input)}, {self.classes} classes"

    def __repr__(self) -> str:
        return f"Network({self})"

    def _repr_html_(self) -> str:
        from brickwork.network.notebook import network_html

        return network_html(self)

    def _repr_svg_(self) -> str:
        picture: str = import_module("brickwork").draw(self).svg  # the public name: this room knows no drawing
        return picture


def stages(**parts: Expr) -> tuple[Named, ...]:
    """Stages by name, in the order in which they run; an empty one (the identity) is left out."""
    return tuple(Named(name, part) for name, part in parts.items() if part != IDENTITY)
