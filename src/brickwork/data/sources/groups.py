"""Groups of images that stay in one split, as those of one patient or one film, by a pattern in their paths."""

import re
from collections.abc import Sequence

from brickwork.data.names import printable
from brickwork.errors import BrickworkError


def groups_of(paths: Sequence[str], pattern: str) -> tuple[str, ...]:
    """The group of each path: what the pattern's round brackets match where it is first found.

    Raises BrickworkError where the pattern has not one pair of brackets, or is not found in every path.
    """
    expression = compile_pattern(pattern)
    matches = [expression.search(path) for path in paths]
    names = tuple(match[1] or "" if match else "" for match in matches)
    lacking = [path for path, name in zip(paths, names, strict=True) if not name]
    if lacking:
        words = "found in none" if len(lacking) == len(paths) else f"not found in {len(lacking):,}"
        raise BrickworkError(
            f"groups: {pattern!r} is {words} of the {len(paths):,} paths: the first without it is "
            f"{printable(lacking[0])}."
        )
    return names


def compile_pattern(pattern: str) -> "re.Pattern[str]":
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise BrickworkError(f"groups: {pattern!r} is no regular expression: {error}.") from None
    if expression.groups != 1:
        raise BrickworkError(
            f"groups: {pattern!r} has {expression.groups} pairs of round brackets: expected one, around what names the "
            f"group, as in '(patient[0-9]+)_'."
        )
    return expression
