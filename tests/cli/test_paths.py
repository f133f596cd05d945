"""~ is the home folder for every command, also where the shell leaves it."""

from pathlib import Path

import click
import pytest
from PIL import Image

import bars
from brickwork.cli.paths import EXPORTED, PATH, WORD
from brickwork.cli.shell import VERBS
from brickwork.model import save
from brickwork.runtime.engines import READS
from shell import Ask, command

WORDS = {
    "input",
    "groups",
    "split",
    "track",
    "init",
    "pattern",
    "device",
    "link",
    "unfold",
    "path",
    "allow",
    "memory",
}  # text that names no file


def test_a_home_is_put_in_place_of_its_sign_and_nothing_else_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ida")
    for typed, path in (
        ("~/x.csv", "/home/ida/x.csv"),
        ("~", "/home/ida"),
        ("a~b", "a~b"),
        ("~nobody-here/a", "~nobody-here/a"),
    ):
        assert PATH.convert(typed, None, None) == Path(path)
        assert WORD.convert(typed, None, None) == path
    assert WORD.convert("resnet20[width=0.5]", None, None) == "resnet20[width=0.5]"
    assert WORD.convert("hf:beans", None, None) == "hf:beans"


def test_exported_models_end_as_the_engines_read_them() -> None:
    assert tuple(READS) == EXPORTED


@pytest.mark.parametrize("verb", VERBS)
def test_every_path_that_a_command_takes_is_read_so(verb: str) -> None:
    for option in command(verb).params:
        if isinstance(option.type, click.Path):
            assert option.type in (PATH, WORD), option.name
        elif type(option.type) is type(click.STRING):
            assert option.name in WORDS, option.name


def test_files_are_found_and_written_at_home(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    file = bars.judge_of_brightness()
    save(tmp_path / "m.safetensors", file.model, classes=file.classes, preprocessing=file.preprocessing, record={})
    for name in ("black", "white"):
        (tmp_path / "d" / name).mkdir(parents=True)
        for i in range(12):
            Image.new("L", (6, 6), 255 * (name == "white")).save(tmp_path / "d" / name / f"{i}.png")
    (tmp_path / "list.txt").write_text(f"{tmp_path}/d/white/1.png\n")
    lines = [
        ("predict", "~/m.safetensors", "~/d/black/1.png", "--list=~/list.txt", "--out=~/labels.csv"),
        ("evaluate", "~/m.safetensors", "--data=~/d", "--split=all", "--report=~/page.html"),
        ("check", "~/d", "--fix=~/fixed.csv", "--allow-leaks"),
        ("show", "~/m.safetensors"),
    ]
    for words in lines:
        answer = ask(*words)
        assert answer.code in (0, 1), answer.err
        assert "brickwork: " not in answer.err
    assert {"labels.csv", "page.html", "fixed.csv"} <= {file.name for file in tmp_path.iterdir()}
    assert not (tmp_path / "~").exists()
