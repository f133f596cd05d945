"""Groups of images that stay in one split, as those of one patient or one film, by a pattern in their paths."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence

from brickwork.data.names import printable
from brickwork.errors import BrickworkError

LONGEST = 500  # characters of a pattern, which takes a second to compile at most
STEPS = 10**7  # of matching: what is known to need fewer is not timed
SECONDS = 3.0  # for a pattern, and as much again for each `EACH` paths
EACH = 100_000

# A process of its own can be stopped, which Python's matching cannot; it reads its work, and writes the groups.
MATCH = """
import json, re, sys
pattern, paths = json.load(sys.stdin)
expression = re.compile(pattern)
if expression.groups != 1:
    sys.exit(1)
matches = map(expression.search, paths)
json.dump([(match[1] or "") if match else "" for match in matches], sys.stdout)
"""


def groups_of(paths: Sequence[str], pattern: str) -> tuple[str, ...]:
    """The group of each path: what the pattern's round brackets match where it is first found.

    Raises BrickworkError where the pattern has not one pair of brackets, is not found in every path, or takes too long,
    as nested repetitions may.
    """
    names = search_all(paths, pattern)
    lacking = [path for path, name in zip(paths, names, strict=True) if not name]
    if lacking:
        words = "found in none" if len(lacking) == len(paths) else f"not found in {len(lacking):,}"
        raise BrickworkError(
            f"groups: {pattern!r} is {words} of the {len(paths):,} paths: the first without it is "
            f"{printable(lacking[0])}."
        )
    return names


def search_all(paths: Sequence[str], pattern: str) -> tuple[str, ...]:
    """What the pattern's brackets match in each path; "" where it is not found."""
    if len(pattern) > LONGEST:
        raise BrickworkError(f"groups: a pattern of {len(pattern):,} characters: {LONGEST:,} are the most.")
    if not is_quick(paths, pattern):
        return search_in_time(paths, pattern)
    expression = compile_pattern(pattern)
    return tuple((match[1] or "") if (match := expression.search(path)) else "" for path in paths)


def is_quick(paths: Sequence[str], pattern: str) -> bool:
    """Whether a pattern repeats one thing at most, so that its steps are the squares of the paths' lengths."""
    repeats = sum(pattern.count(sign) for sign in "*+{")
    return repeats <= 1 and not set(pattern) & set("?|") and sum(len(path) ** 2 for path in paths) < STEPS


def search_in_time(paths: Sequence[str], pattern: str) -> tuple[str, ...]:
    """The same in a process that is stopped when it takes too long."""
    work = json.dumps([pattern, list(paths)])
    seconds = SECONDS * (1 + len(paths) / EACH)
    line = [sys.executable, "-I", "-S", "-W", "ignore", "-c", MATCH]
    try:
        done = subprocess.run(line, input=work, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise BrickworkError(
            f"groups: {pattern!r} is not found within {seconds:.0f} s: does it repeat what repeats itself, as (a+)+?"
        ) from None
    if done.returncode:
        compile_pattern(pattern)  # says why
        raise BrickworkError(f"groups: {pattern!r} cannot be looked for.")
    return tuple(json.loads(done.stdout))


def compile_pattern(pattern: str) -> "re.Pattern[str]":
    try:
        expression = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise BrickworkError(f"groups: {pattern!r} is no regular expression: {error}.") from None
    if expression.groups != 1:
        raise BrickworkError(
            f"groups: {pattern!r} has {expression.groups} pairs of round brackets: expected one, around what names the "
            f"group, as in '(patient[0-9]+)_'."
        )
    return expression
