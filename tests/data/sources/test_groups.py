from time import perf_counter

import pytest

from brickwork.data.sources.groups import groups_of, is_quick
from brickwork.errors import BrickworkError

PATHS = ("a/patient12_1.png", "b/patient7_2.png", "b/patient12_9.png")


@pytest.mark.parametrize(
    "pattern",
    ["(patient[0-9]+)_", "^[^/]*/(.*?)_", "(?<=/)(patient\\d+)", "(?P<who>patient(?:1|7)2?)", "patient([0-9]+)(?:_)"],
)
def test_groups_are_what_the_brackets_match_whoever_looks(pattern: str) -> None:
    import re

    assert groups_of(PATHS, pattern) == tuple(re.search(pattern, path)[1] for path in PATHS)  # type: ignore[index]


@pytest.mark.parametrize("pattern", ["((?:a+)+)b", "((?:a|a)*)b", "(.*.*.*.*.*.*.*.*)b", f"({'(?:a|.)' * 55})b"])
def test_a_pattern_that_takes_for_ever_is_refused_in_seconds(pattern: str) -> None:
    start = perf_counter()
    with pytest.raises(BrickworkError, match=r"is not found within 3 s: does it repeat"):
        groups_of(["a" * 59] * 3, pattern)
    assert perf_counter() - start < 5


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(a)(b)?", "has 2 pairs of round brackets"),
        ("a?", "has 0 pairs of round brackets"),
        ("(" * 400, "is no regular expression"),
        ("(a{99999999999})", "is no regular expression"),
        ("(" + "a" * 500 + ")", "a pattern of 502 characters: 500 are the most"),
    ],
)
def test_a_pattern_that_cannot_be_says_why(pattern: str, says: str) -> None:
    with pytest.raises(BrickworkError, match=says):
        groups_of(PATHS, pattern)


def test_an_ordinary_pattern_starts_no_process() -> None:
    assert is_quick(PATHS, "(patient[0-9]+)_")
    assert not is_quick(["a" * 4000] * 1000, "(patient[0-9]+)_")


def test_names_that_are_no_text_are_matched_in_time_too() -> None:
    assert groups_of(["x/\udcff_1.png", "x/y\n_1.png"], "^x/([^_]*)_.*$") == ("\udcff", "y\n")
