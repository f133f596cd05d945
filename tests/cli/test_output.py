"""What reaches a terminal: whatever names hold, no control character, and JSON that any program reads."""

import ast
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import brickwork
from brickwork.cli.commands.check import paint_severities
from brickwork.cli.output import json_text, notify, print_json, say, say_painted

SOURCE = Path(brickwork.__file__).parent
CONTROLS = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *"\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c"]
DIRECTIONS = [*"\u202d\u202e\u2066\u2067\u2068\u2069", "\ud800", "\udfff", "\udc80"]
NASTY = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\r\x08\x9b31m\u202egnp.exe\u2066\ud800\x00"


@pytest.mark.parametrize("character", [*CONTROLS, *DIRECTIONS], ids=ascii)
def test_no_control_character_is_printed(character: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(f"a{character}b")
    notify(f"a{character}b")
    shown = capsys.readouterr()
    assert shown.out == shown.err == ("a\nb\n" if character == "\n" else f"a{ascii(character)[1:-1]}b\n")


@pytest.mark.parametrize(
    "words",
    [
        "näher\u00a0bei",
        "猫\u3000犬",
        "👩\u200d🔬",
        "\u062e\u0627\u0646\u0647\u200c\u0647\u0627",
        "\u05e9\u05dc",
        "e\u0301",
    ],
)
def test_words_of_all_languages_are_printed_as_they_are(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(words)
    assert capsys.readouterr().out == f"{words}\n"


def test_colours_come_after_escaping(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"error    S101  1 image {NASTY}\n  error    S101 in the middle"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    say_painted(text, paint_severities)
    shown = capsys.readouterr().out
    assert shown.startswith("\x1b[31m\x1b[1merror    \x1b[0mS101  1 image \\x1b]0;owned")
    assert shown.count("\x1b") == 3
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    say_painted(text, paint_severities)
    assert "\x1b" not in capsys.readouterr().out


def printing(path: Path) -> list[str]:
    """The calls in a file that write to a standard stream."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = [ast.unparse(node.func) for node in nodes]
    return [name for name in names if name in ("print", "click.echo", "click.secho", "sys.stdout.write")]


def test_all_that_is_printed_goes_through_one_file() -> None:
    found = {path.name: calls for path in SOURCE.rglob("*.py") if (calls := printing(path))}
    assert set(found) == {"output.py", "shell.py"}
    assert set(found["shell.py"]) <= {"print", "click.echo"}  # sentences without any name, and help


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
def test_json_has_null_where_a_number_is_none(number: float, capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": number, "b": [1.5, (number, {"c": number})], "d": NASTY})
    text = capsys.readouterr().out

    def refuse(word: str) -> None:
        raise AssertionError(word)

    document = json.loads(text, parse_constant=refuse)
    assert document == {"a": None, "b": [1.5, [None, {"c": None}]], "d": NASTY}
    assert text.isascii()
    assert text[:-1].isprintable()


def test_json_of_plain_values_is_what_it_was() -> None:
    document = {"a": [1, 2.5, None, True, "x"], "b": {"c": (1, 2)}}
    assert json_text(document) == json.dumps(document)
