"""A recipe's options: the default, help, bounds and heading of a field stand with the field, as its metadata."""

from collections.abc import Iterator
from dataclasses import Field, field, fields
from functools import cache
from reprlib import repr as short_repr
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from brickwork.errors import BrickworkError

T = TypeVar("T")
Numbers = tuple[float, ...]

TYPE_TEXTS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a word",
    Numbers: "a list of numbers",
}


def option(default: T, help: str, *, low: float | None = None, high: float | None = None, heading: str = "") -> T:
    """A dataclass field with its help; numbers have bounds, and a heading holds for the fields below it, too."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "heading": heading})


class Option(NamedTuple):
    """A field as the command line and TOML show it."""

    name: str
    type: Any
    default: Any
    help: str
    low: float | None  # of a number; of a list of numbers, each one's
    high: float | None
    heading: str

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be; empty where it is no choice."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()


@cache
def options_of(recipe: type) -> tuple[Option, ...]:
    """The options of a dataclass in the order of its fields."""
    types = get_type_hints(recipe)
    return tuple(_options(fields(recipe), types))


def _options(entries: tuple[Field[Any], ...], types: dict[str, Any]) -> Iterator[Option]:
    heading = ""
    for entry in entries:
        heading = entry.metadata["heading"] or heading
        yield Option(entry.name, types[entry.name], entry.default, **{**entry.metadata, "heading": heading})


def by_heading(options: tuple[Option, ...]) -> dict[str, list[Option]]:
    """The options under each heading."""
    headings = dict.fromkeys(option.heading for option in options)
    return {heading: [option for option in options if option.heading == heading] for heading in headings}


def check_type(option: Option, value: object) -> None:
    """Raises BrickworkError where a value is none of the choices, or of another type; an int is a number, too."""
    if option.choices:
        if value not in option.choices:
            raise BrickworkError(
                f"recipe: {option.name} is one of {', '.join(option.choices)}, not {short_repr(value)}."
            )
    elif not _has_type(value, option.type):
        raise BrickworkError(f"recipe: {option.name} is {TYPE_TEXTS[option.type]}, not {short_repr(value)}.")


def _has_type(value: object, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == Numbers:
        return isinstance(value, tuple) and value != () and all(_has_type(number, float) for number in value)
    return type(value) is kind


def check_bounds(option: Option, value: Any) -> None:
    """Raises BrickworkError for a number that is out of bounds, or not a number at all (NaN)."""
    if option.low is None or option.high is None:
        return
    for number in value if isinstance(value, tuple) else (value,):
        if not option.low <= number <= option.high:
            raise BrickworkError(
                f"recipe: {option.name} is between {option.low:g} and {option.high:g}, not {short_repr(number)}."
            )


def number_list(numbers: Numbers) -> str:
    """Numbers as a person writes them: "0.5, 0.75"."""
    return ", ".join(f"{number:g}" for number in numbers)


def parse_numbers(text: str) -> Numbers:
    """The numbers of a text such as "0.5, 0.75".

    Raises BrickworkError where a word of it is no number.
    """
    try:
        return tuple(float(word) for word in text.replace(",", " ").split())
    except ValueError:
        raise BrickworkError(
            f"recipe: {text!r} is no list of numbers: write them as {number_list((0.5, 0.75))}."
        ) from None
