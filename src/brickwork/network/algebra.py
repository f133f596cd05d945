"""The combinators: a network is an expression made of layers, and everything reads that expression.

chain(a, b, c)            one after another
concat(a, b, c)           side by side, outputs joined along the channels     (Inception)
residual(body, shortcut)  side by side, outputs added                         (ResNet)
gate(body)                the input times the body's output, by channel       (squeeze and excitation)
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from inspect import BoundArguments, Parameter, signature
from typing import ParamSpec, TypeAlias

from brickwork.errors import BrickworkError
from brickwork.network.layer import Layer

Arguments = ParamSpec("Arguments")
Change = tuple[str, float]  # what became of a network: ("width", 0.5), ("classes", 10) or ("lowered", 1)

CHANGES = re.compile(
    r"(?:(?:^|, )(?:width|classes|lowered)=\d+(?:\.\d*)?(?:e[-+]?\d+)?)+$"
)  # at the end of a block's arguments


@dataclass(frozen=True, repr=False)
class Chain:
    """One after another. The empty chain is the identity."""

    parts: tuple["Expr", ...]

    def __repr__(self) -> str:
        return f"chain({', '.join(map(repr, self.parts))})"


@dataclass(frozen=True, repr=False)
class Concat:
    """Side by side on the same input, outputs joined along the channels."""

    paths: tuple["Expr", ...]

    def __repr__(self) -> str:
        return f"concat({', '.join(map(repr, self.paths))})"


@dataclass(frozen=True, repr=False)
class Residual:
    """after(body(z) + shortcut(z)) where z = before(x)."""

    body: "Expr"
    shortcut: "Expr"
    before: "Expr"
    after: "Expr"

    def __repr__(self) -> str:
        rest = [
            f"{name}={value!r}"
            for name in ("shortcut", "before", "after")
            if (value := getattr(self, name)) != IDENTITY
        ]
        return f"residual({', '.join([repr(self.body), *rest])})"


@dataclass(frozen=True, repr=False)
class Gate:
    """x times body(x), which holds one number for each channel of x."""

    body: "Expr"

    def __repr__(self) -> str:
        return f"gate({self.body!r})"


@dataclass(frozen=True, repr=False)
class Block:
    """An expression known by the function and the arguments that made it.

    Blocks are equal when their bodies are; the name and the arguments are for printing. What became of the body
    since (`width=0.5`, `classes=7`) stands behind the arguments, once, and holds in place of what they say.
    """

    name: str = field(compare=False)
    arguments: str = field(compare=False)
    body: "Expr"

    def with_body(self, body: "Expr", change: Change | None = None) -> "Block":
        """The block with another body; `change` says what became of it, if anything did."""
        if change is None or body == self.body:
            return Block(self.name, self.arguments, body)
        return Block(self.name, change_arguments(self.arguments, change), body)

    def __repr__(self) -> str:
        return f"{self.name}({self.arguments})"


def change_arguments(arguments: str, change: Change) -> str:
    """The arguments with a change behind them; a width multiplies the one that is there, other changes replace it."""
    match = CHANGES.search(arguments)
    earlier = (word.split("=") for word in match[0].strip(", ").split(", ")) if match else ()
    changes: dict[str, float] = {}
    for name, number in [*((name, float(text)) for name, text in earlier), change]:
        changes[name] = number * changes.get(name, 1) if name == "width" else number
    words = [f"{name}={number:.15g}" for name, number in sorted(changes.items()) if (name, number) != ("width", 1)]
    return ", ".join(filter(None, [CHANGES.sub("", arguments), *words]))


@dataclass(frozen=True, repr=False)
class Named:
    """An expression with a name of its own in paths, as in a paper's "3a"."""

    name: str
    body: "Expr"

    def __post_init__(self) -> None:
        if not self.name or "." in self.name:
            raise BrickworkError(f"a part's name is part of a path, so it cannot be {self.name!r}: leave out the dots.")

    def __repr__(self) -> str:
        return f"named({self.name!r}, {self.body!r})"


@dataclass(frozen=True, repr=False)
class OnChange:
    """As a residual's shortcut: the identity where the shapes agree, the body where they do not."""

    body: "Expr"

    def __repr__(self) -> str:
        return f"on_change({self.body!r})"


Expr: TypeAlias = Layer | Chain | Concat | Residual | Gate | Block | Named | OnChange

IDENTITY = Chain(())


def chain(*parts: Expr) -> Expr:
    """One after another. A chain inside a chain is the same chain; a chain of one is that one."""
    flat: list[Expr] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Chain) else (part,))
    return flat[0] if len(flat) == 1 else Chain(tuple(flat))


def concat(*paths: Expr) -> Concat:
    """Side by side; the heights and widths of all outputs must agree."""
    if len(paths) < 2:
        raise BrickworkError("concat() joins at least two paths.")
    return Concat(paths)


def residual(body: Expr, shortcut: Expr = IDENTITY, *, before: Expr = IDENTITY, after: Expr = IDENTITY) -> Residual:
    """Body and shortcut side by side, outputs added; `before` is shared by both, `after` follows the sum."""
    return Residual(body, shortcut, before, after)


def gate(body: Expr) -> Gate:
    """The input times the body's output, channel by channel."""
    return Gate(body)


def named(name: str, body: Expr) -> Named:
    """A part whose name stands in every path below it."""
    return Named(name, body)


def on_change(body: Expr) -> OnChange:
    """A shortcut that is used only where the shapes on both sides differ (option B, He et al. 2015)."""
    return OnChange(body)


def block(function: Callable[Arguments, Expr]) -> Callable[Arguments, Block]:
    """Lets an expression be known by the function that made it: `bottleneck(64, stride=2)`."""
    form = signature(function)

    @wraps(function)
    def make(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Block:
        words = arguments_text(form.bind(*args, **kwargs))
        return Block(function.__name__, words, function(*args, **kwargs))

    return make


def arguments_text(bound: BoundArguments) -> str:
    """A call's arguments in the order of the signature, however they were spelled; defaults are left out."""
    words: list[str] = []
    for name, value in bound.arguments.items():
        parameter = bound.signature.parameters[name]
        if parameter.kind is Parameter.VAR_POSITIONAL:
            words += map(argument_text, value)
        elif parameter.default is Parameter.empty and parameter.kind is not Parameter.KEYWORD_ONLY:
            words.append(argument_text(value))
        elif value != parameter.default:
            words.append(f"{name}={argument_text(value)}")
    return ", ".join(words)


def argument_text(value: object) -> str:
    """An argument as it stands in a block's name: a function by its name, all else as written."""
    return value.__name__ if isinstance(value, type) or hasattr(value, "__name__") else repr(value)


def children(expr: Expr) -> list[tuple[str, Expr]]:
    """The parts directly inside, each with its name in paths.

    In a chain, layers are named by their kind, numbered where the kind repeats (conv1, conv2), and blocks
    by their place (0, 1, 2). Blocks themselves add no level.
    """
    match expr:
        case Chain(parts):
            return _distinct(_chain_names(parts))
        case Concat(paths):
            return _distinct(
                [
                    (path.name, path.body) if isinstance(path, Named) else (f"path{i}", path)
                    for i, path in enumerate(paths, 1)
                ]
            )
        case Residual():
            sides = [("before", expr.before), ("body", expr.body), ("shortcut", expr.shortcut), ("after", expr.after)]
            return [(name, side) for name, side in sides if side != IDENTITY]
        case Gate(body):
            return [("gate", body)]
        case Block() | Named():
            return children(expr.body)
        case _:
            return []


def _chain_names(parts: tuple[Expr, ...]) -> list[tuple[str, Expr]]:
    kinds = [part.kind for part in parts if isinstance(part, Layer)]
    repeated = {kind for kind, count in Counter(kinds).items() if count > 1}
    seen = dict.fromkeys(kinds, 0)
    names: list[tuple[str, Expr]] = []
    blocks = 0
    for part in parts:
        if isinstance(part, Layer):
            seen[part.kind] += 1
            names.append((f"{part.kind}{seen[part.kind]}" if part.kind in repeated else part.kind, part))
        elif isinstance(part, Named):
            names.append((part.name, part.body))
        else:
            names.append((str(blocks), part))
            blocks += 1
    return names


def _distinct(parts: list[tuple[str, Expr]]) -> list[tuple[str, Expr]]:
    """The same parts; raises BrickworkError where two would have one path, and one of them no module."""
    names = [name for name, _ in parts]
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise BrickworkError(f"two parts side by side have the name {twice!r}.")
    return parts


def join_path(path: str, name: str) -> str:
    return ".".join(filter(None, (path, name)))


def walk(expr: Expr, path: str = "") -> Iterator[tuple[str, Expr]]:
    """Every expression from the outside in, each with its path, in the order in which it runs."""
    yield path, expr
    if isinstance(expr, Block | Named | OnChange):  # these add no level
        yield from walk(expr.body, path)
        return
    for name, child in children(expr):
        yield from walk(child, join_path(path, name))


def transform(expr: Expr, change: Callable[[Expr], Expr], what: Change | None = None) -> Expr:
    """`change` applied to every part, from the inside out, in the order of `walk`; blocks that change say `what`."""

    def inside(part: Expr) -> Expr:
        return transform(part, change, what)

    match expr:
        case Chain(parts):
            return change(chain(*map(inside, parts)))
        case Concat(paths):
            return change(Concat(tuple(map(inside, paths))))
        case Residual(body, shortcut, before, after):
            first = inside(before)  # in the order in which they run
            return change(Residual(inside(body), inside(shortcut), first, inside(after)))
        case Gate(body):
            return change(Gate(inside(body)))
        case Block(body=body):
            return change(expr.with_body(inside(body), what))
        case Named(name, body):
            return change(Named(name, inside(body)))
        case OnChange(body):
            return change(OnChange(inside(body)))
        case _:
            return change(expr)
