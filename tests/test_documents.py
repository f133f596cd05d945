from dataclasses import dataclass
from pathlib import Path

import pytest

from brickwork.documents import decode_object, parse_json, read_bounded
from brickwork.errors import BrickworkError


@dataclass(frozen=True)
class Note:
    title: str
    numbers: tuple[int, ...]
    share: float = 0.5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("NaN", "NaN is no number of JSON"),
        ("[-Infinity]", "-Infinity is no number of JSON"),
        ("1e400", "a number that is not finite: 1e400"),
        ("1" + "0" * 400, "a whole number of 401 characters"),
        ("9" * 5000, "a whole number of 5,000 characters"),
        ("[" * 100_000 + "]" * 100_000, "more than 100 levels"),
        ("[" * 102 + "]" * 102, "more than 100 levels"),
        ('{"a": 1, "b": 2, "a": 3}', "two values are named 'a'"),
        ('"' + "x" * 2**24 + '"', "more than 16,777,216 characters"),
    ],
    ids=range(9),
)
def test_what_no_file_of_ours_has_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"^\S") as caught:
        parse_json(text)
    assert str(caught.value) == says


def test_other_json_is_read_as_it_is() -> None:
    assert parse_json('{"a": [1, -2.5, "x", null, true], "b": 9223372036854775807}') == {
        "a": [1, -2.5, "x", None, True],
        "b": 2**63 - 1,
    }
    assert parse_json(b"[" * 100 + b"]" * 100)


def test_an_object_becomes_a_dataclass() -> None:
    assert decode_object(Note, {"title": "a", "numbers": [1, 2]}) == Note("a", (1, 2), 0.5)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], r"\[\] is no object"),
        ({"title": "a"}, "numbers is missing"),
        ({"title": "a", "numbers": [], "more": 1}, "'more' is no field of it"),
        ({"title": 1, "numbers": []}, "Note: title is text, not 1"),
        ({"title": "a", "numbers": [1.5]}, "Note: numbers is "),
        ({"title": "a", "numbers": [], "share": True}, "Note: share is a number, not True"),
    ],
)
def test_an_object_that_is_none_says_which_field(document: object, says: str) -> None:
    with pytest.raises((ValueError, BrickworkError), match=says):
        decode_object(Note, document)


def test_a_file_is_read_up_to_a_limit_and_pipes_are_not_waited_for(tmp_path: Path) -> None:
    import os

    (tmp_path / "a").write_text("four")
    assert read_bounded(tmp_path / "a", 4) == "four"
    with pytest.raises(ValueError, match="more than 3 bytes"):
        read_bounded(tmp_path / "a", 3)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="it is no file"):
        read_bounded(tmp_path / "pipe")
