"""Names of files and classes: natural sort order, and safe to print."""

import re

DIGITS = re.compile(r"([0-9]{1,4000})")  # Python reads no longer number
Key = tuple[tuple[str | int, ...], str]


def natural(name: str) -> Key:
    """The sort key under which class2 comes before class10; equal but for case, the name itself decides."""
    parts = DIGITS.split(name.casefold())  # text and digits take turns, so like meets like
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name


def shorten(text: str, most: int = 100) -> str:
    """The text with its middle left out where it has more characters: for reprs, in which the ends say most."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


def printable(name: str) -> str:
    """The name in one line of characters that every terminal takes: others, as bytes that are no UTF-8, as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
