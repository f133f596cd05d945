"""Names that files hold do nothing to a terminal, a page or a table, whichever command shows them, in any form."""

import json
import re
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

import bars
from brickwork.cli.shell import VERBS
from brickwork.model import save
from brickwork.model.file import load
from shell import Answer, Ask

NASTY = "\x1b[2J\x1b]0;owned\x07\r\x08\t\x7f\x9b31m\u202egnp.exe\u2066\u200f\u2028Accuracy 100%"
LINE = f"bad{NASTY}\nbrickwork: all is well"  # a line that the program seems to say
CLASSES = ("black", LINE, "white")
SHADES = (0, 128, 255)
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
FORGED = "brickwork: all is well"
OUTPUTS = ("page.html", "table.csv", "table.json", "run/curve.svg", "run/report.html", "run/notes.txt")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with such classes, a model with such tensors, and a folder of images with such names."""
    root = tmp_path_factory.mktemp("world")
    file = bars.judge_of_brightness()
    record = {"seed": 5, "data": f"photos{NASTY}", "groups": LINE, "recipe": {LINE: LINE}, "network": LINE}
    save(root / "m.safetensors", file.model, classes=CLASSES, preprocessing=file.preprocessing, record=record)
    tensors = load_file(root / "m.safetensors")
    save_file({**tensors, LINE: torch.zeros(1)}, root / "t.safetensors", metadata_of(root / "m.safetensors"))
    for number in range(24):
        image = root / f"photos{NASTY}" / CLASSES[number % 3] / f"{number}{LINE if number < 6 else ''}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 6), SHADES[number % 3 if number > 3 else 2]).save(image)
    (root / f"photos{NASTY}" / LINE / f"torn{LINE}.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return root


def metadata_of(path: Path) -> dict[str, str]:
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    metadata: dict[str, str] = header["__metadata__"]
    return metadata


PHOTOS = f"photos{NASTY}"
COMMANDS = {  # with the exit code of each
    ("list", LINE): 2,
    ("show", "m.safetensors"): 0,
    ("show", LINE): 2,
    ("show", "m.safetensors", "lenet5"): 0,
    ("show", LINE, "lenet5"): 2,
    ("diff", "m.safetensors", "lenet5"): 0,
    ("diff", "lenet5", LINE): 2,
    ("family", "m.safetensors", "lenet5"): 0,
    ("family", LINE): 2,
    ("lecture", LINE): 2,
    ("scale", LINE): 2,
    ("check", PHOTOS): 1,
    ("check", LINE): 2,
    ("train", "lenet5", "--data", PHOTOS, "--epochs", "1", "--batch", "8", "--out", "run"): 0,
    ("train", LINE): 2,
    ("train", "--resume", LINE): 2,
    ("evaluate", "m.safetensors", "--data", PHOTOS, "--split", "all", "--report", "page.html"): 0,
    ("evaluate", "t.safetensors", "--data", PHOTOS): 2,
    ("evaluate", "m.safetensors", "--data", LINE): 2,
    ("predict", "m.safetensors", PHOTOS, "--top", "3", "--probabilities"): 0,
    ("predict", "m.safetensors", PHOTOS, "--top", "3", "--probabilities", "--out", "table.csv"): 0,
    ("predict", "m.safetensors", PHOTOS, "--top", "3", "--probabilities", "--out", "table.json"): 0,
    ("predict", "t.safetensors", PHOTOS): 2,
    ("predict", "m.safetensors", LINE): 2,
    ("lint", LINE): 2,
    ("why", LINE, "stage1"): 2,
    ("faithful", LINE): 2,
    ("quiz", LINE): 2,
    ("why", "lenet5", LINE): 2,
    ("export", "m.safetensors", "--data", PHOTOS, "--out", "m.onnx", "--force"): 0,
    ("export", "m.safetensors", "--data", LINE): 2,
    ("export", LINE): 2,
    ("bench", LINE): 2,
    ("doctor", LINE): 2,
}


def forged(text: str) -> list[str]:
    """The lines that somebody else's name has put into a text."""
    return [line for line in text.splitlines() if line.lstrip(" '\"").startswith(FORGED)]


def test_every_command_is_tried() -> None:
    assert {words[0] for words in COMMANDS} == set(VERBS)


@pytest.mark.parametrize("json_too", [False, True], ids=["text", "json"])
@pytest.mark.parametrize(("words", "code"), COMMANDS.items(), ids=lambda words: ascii(words)[:40])
def test_names_do_nothing_to_a_terminal(
    world: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, json_too: bool
) -> None:
    monkeypatch.chdir(world)
    if "run" in words and json_too:
        words = (*words[:-1], "another")
    answer = ask(*words, *(["--json"] if json_too else []))
    assert answer.code == code, answer.err
    assert CONTROLS.findall(answer.out + answer.err) == []
    assert forged(answer.out + answer.err) == []
    check_json(answer, json_too)


def check_json(answer: Answer, asked: bool) -> None:
    """JSON is one document, in which such characters are escapes of its own."""
    if asked and answer.out:
        assert answer.out.isascii()
        json.loads(answer.out)


@pytest.mark.parametrize("output", OUTPUTS)
def test_files_for_people_hold_no_such_character(world: Path, output: str) -> None:
    text = (world / output).read_bytes().decode()
    assert CONTROLS.findall(text.replace("\r\n", "\n")) == []
    assert forged(text) == []
    assert "owned" in text or output == "run/curve.svg"


def test_a_table_has_the_names_as_escapes_and_a_line_for_each_image(world: Path) -> None:
    lines = (world / "table.csv").read_text().splitlines()
    assert len(lines) == 1 + 25
    assert sum("bad\\x1b[2J" in line for line in lines) == 26


def test_the_names_of_a_files_classes_are_those_of_the_folders(world: Path) -> None:
    name = load(world / "m.safetensors").classes[1]
    assert name == LINE.encode("unicode_escape").decode()
    assert load(world / "m.safetensors").classes[::2] == CLASSES[::2]


def test_the_check_for_such_characters_finds_each() -> None:
    assert len(CONTROLS.findall(NASTY)) == len(NASTY) - len("".join(c for c in NASTY if c.isprintable()))
    assert forged(f"a\n  {FORGED}") == [f"  {FORGED}"]
