"""Validation of a dataclass's fields by their annotations, whatever they hold, as a document may have been changed."""

import sys
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from brickwork.errors import BrickworkError

WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text", dict: "a mapping"}


def validate_fields(value: Any) -> None:
    """Raises BrickworkError with the first field of a dataclass that does not hold what its annotation says."""
    for field in fields(value):
        content = getattr(value, field.name)
        if not holds(field.type, content):
            raise BrickworkError(
                f"{type(value).__name__}: {field.name} is {kind_text(field.type)}, not {content!r:.60}."
            )


def kind_text(kind: Any) -> str:
    if get_origin(kind) in (UnionType, Union):
        return " or ".join(map(kind_text, get_args(kind)))
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(repr, get_args(kind)))}"
    return WORDS.get(get_origin(kind) or kind, str(kind))


def holds(kind: Any, value: object) -> bool:
    """Whether a value is of a kind; numbers are finite and no larger than 64 bits take. Other classes are not asked."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return any(holds(one, value) for one in inside)
    if origin is Literal:
        return value in inside
    if origin is dict:
        return isinstance(value, dict)
    if origin is tuple:
        return isinstance(value, tuple) and _all_hold(inside, value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    return kind not in (bool, str, NoneType) or type(value) is kind


def _all_hold(kinds: tuple[Any, ...], values: tuple[object, ...]) -> bool:
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(values)
    return len(kinds) == len(values) and all(map(holds, kinds, values))
