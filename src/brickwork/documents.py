"""JSON and other text from files that may have been changed: read within bounds, and decoded into dataclasses."""

import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import MISSING, fields
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from brickwork.validate import validate_fields

DEEPEST = 100  # levels in a document; torch's own calls go several times as deep, and ours have a dozen
LONGEST = 20  # characters of a whole number: 64 bits with their sign
MOST_TEXT = 1 << 24  # bytes of a file of text that is read as a whole
# all of Unicode's controls but the ends of lines, marks and overrides of direction, and halves of characters
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

T = TypeVar("T")


def escape_controls(text: str) -> str:
    """Text that does nothing to a terminal: control and direction characters, which names may hold, are escapes."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def escape_line(text: str) -> str:
    """Text that is one line, too, as names of classes are: the ends of lines are escapes."""
    return escape_controls(text).replace("\n", "\\n")


def parse_json(text: str | bytes) -> Any:
    """The values of a JSON document.

    Raises ValueError, with a short sentence, where it is none, and for what no file of ours has: numbers beyond 64 bits
    or not finite, a name that an object has twice, more than 100 levels or 16 MB.
    """
    if len(text) > MOST_TEXT:
        raise ValueError(f"more than {MOST_TEXT:,} characters")
    try:
        document = DECODER.decode(text.decode() if isinstance(text, bytes) else text)
    except RecursionError:
        raise ValueError(f"more than {DEEPEST} levels") from None
    if is_deep(document):
        raise ValueError(f"more than {DEEPEST} levels")
    return document


def is_deep(document: object) -> bool:
    """Whether objects and lists lie inside one another beyond sense; it goes level by level, not by recursion."""
    level = [document]
    for _ in range(DEEPEST + 1):
        level = [part for value in level if isinstance(value, dict | list) for part in inside(value)]
        if not level:
            return False
    return True


def inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def whole_number(text: str) -> int:
    if len(text) > LONGEST:
        raise ValueError(f"a whole number of {len(text):,} characters")
    return int(text)


def finite_number(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(f"a number that is not finite: {text:.20}")
    return number


def refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; raises ValueError where two of its values have one name."""
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"two values are named {twice!r:.60}")
    return values


DECODER = json.JSONDecoder(
    object_pairs_hook=unique_names,
    parse_float=finite_number,
    parse_int=whole_number,
    parse_constant=refuse_constant,
)


def decode_object(kind: type[T], document: object) -> T:
    """The dataclass whose fields a JSON object holds by name; lists become tuples.

    Raises ValueError where it is no object, lacks a field that has no default, or has one more; BrickworkError where a
    field does not hold what its annotation says.
    """
    if not isinstance(document, dict):
        raise ValueError(f"{document!r:.60} is no object")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    if lacking := [name for name, field in known.items() if name not in document and is_required(field)]:
        raise ValueError(f"{', '.join(lacking)} is missing")
    if unknown := [name for name in document if name not in known]:
        raise ValueError(f"{unknown[0]!r:.60} is no field of it")
    made = kind(**{name: as_tuples(value) for name, value in document.items()})
    validate_fields(made)
    return made


def is_required(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def as_tuples(value: Any) -> Any:
    """A field's value: a list in JSON was a tuple."""
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


def read_bounded(path: Path, most: int = MOST_TEXT) -> str:
    """The text of a file, in UTF-8.

    Raises OSError as `open` does; ValueError where it is no file, as a pipe or a device, too large, or no UTF-8.
    """
    with open(path, "rb", opener=open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no file")
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it has more than {most:,} bytes")
    return content.decode()


def open_at_once(path: str, flags: int) -> int:
    """Opens a file as `open` does, but waits for no writer where it is a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
