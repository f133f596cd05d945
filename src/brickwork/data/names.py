"""Names of files and classes: one spelling for each, natural sort order, and safe to print."""

import re
import unicodedata

from brickwork.errors import mask_credentials

DIGITS = re.compile(r"([0-9]{1,4000})")  # Python reads no longer number
BLANKS = " \t\u00a0\u3000"  # not the ends of lines, which nobody types by accident
Key = tuple[tuple[str | int, ...], str]


def natural(name: str) -> Key:
    """The sort key under which class2 comes before class10; equal but for case, the name itself decides."""
    parts = DIGITS.split(name.casefold())  # text and digits take turns, so like meets like
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name


def normal_name(name: str) -> str:
    """A name in its one spelling: Unicode's composed form (NFC), without blanks around it."""
    return unicodedata.normalize("NFC", name).strip(BLANKS)


def shorten(text: str, most: int = 100) -> str:
    """The text with its middle left out where it has more characters: for reprs, in which the ends say most."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


def printable(name: str) -> str:
    """The name in one line of characters that every terminal takes: others, as bytes that are no UTF-8, as escapes.

    Credentials in an address are masked.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in mask_credentials(name))
