"""Arguments in brackets: "resnet20[width=0.5]" as a name and typed keyword arguments."""

import re
from collections.abc import Callable
from inspect import signature
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from brickwork.errors import BrickworkError, nearest
from brickwork.network import Network, Shape
from brickwork.validate import holds, kind_text

FORM = re.compile(r"\s*([\w.-]+)\s*(?:\[(.*)\])?\s*")


def parse(text: str) -> tuple[str, dict[str, str]]:
    """The name and the words between the brackets."""
    form = FORM.fullmatch(text)
    if not form:
        raise BrickworkError(f"{text!r} is no network's name: write it as in 'resnet20' or 'resnet20[width=0.5]'.")
    name, inside = form[1], form[2] or ""
    words: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in inside.split(","))):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not (key and equals and value):
            raise BrickworkError(f"{text}: {item!r} is no argument: write it as in '{name}[width=0.5]'.")
        if key in words:
            raise BrickworkError(f"{text}: {key!r} is given twice.")
        words[key] = value
    return name, words


def parse_arguments(name: str, make: Callable[..., Network], words: dict[str, str]) -> dict[str, Any]:
    """The words as the types that the family's function declares; `width` is a number for every family."""
    hints = {**choices(make), "width": float}
    for key in words:
        if key not in hints:
            raise BrickworkError(f"{name} has no argument {key!r}: {nearest(key, sorted(hints))}")
    return {key: value_of(name, key, word, hints[key]) for key, word in words.items()}


def choices(make: Callable[..., Network]) -> dict[str, Any]:
    """The arguments that a family's function takes in brackets, with their types."""
    hints = get_type_hints(make)
    return {
        key: _without_none(hints[key]) for key in signature(make).parameters if key not in ("name", "input", "classes")
    }


def _without_none(kind: Any) -> Any:
    """The type without None, which stands for a network's own value."""
    return (
        next(arg for arg in get_args(kind) if arg is not NoneType) if get_origin(kind) in (Union, UnionType) else kind
    )


def value_of(name: str, key: str, word: str, kind: Any) -> bool | int | float | str:
    """A word as its type has it; raises BrickworkError where the type does not hold it."""
    value = parse_word(word, kind)
    if not holds(kind, value):
        raise BrickworkError(f"{name}[{key}={word}]: {key} is {kind_text(kind)}.")
    return value


def parse_word(word: str, kind: Any) -> bool | int | float | str:
    """The word as a value, or as it stands where it is none of that type."""
    if kind is bool:
        return {"true": True, "false": False}.get(word.lower(), word)
    if kind not in (int, float):
        return word.strip("'\"")
    try:
        return int(word) if kind is int else float(word)
    except ValueError:
        return word


def shape(text: str) -> Shape:
    """An input's shape from "3x224x224", "3x224" (square) or "224" (square, three channels)."""
    parts = text.lower().split("x")
    if not all(re.fullmatch("[0-9]{1,18}", part) and int(part) > 0 for part in parts) or len(parts) > 3:
        raise BrickworkError(f"{text!r} is no input: write channels x height x width, as in 3x224x224.")
    sizes = [int(part) for part in parts]
    match sizes:
        case [side]:
            return (3, side, side)
        case [high, wide] | [high, wide, 1 | 3] if high > 4:
            raise BrickworkError(f"{text!r} has {high} channels, which come first: did you mean 3x{high}x{wide}?")
        case [channels, side]:
            return (channels, side, side)
    return tuple(sizes)
