"""docs/first-hour.md says what is so: its commands are typed, on pictures and weights that are made here."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import brickwork as bw
import readme
from brickwork.cli.shell import run
from shell import parse

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "first-hour.md").read_text()
GROUPS = {"C": "greens", "D": "vegetables", "E": "fruits", "G": "spices", "P": "fish"}
BLOCKS = readme.blocks(TEXT, "measured")


@pytest.fixture
def kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with photographs of noise named as the page's, of which the same two are there twice, and weights."""
    chance = np.random.default_rng(0)
    for letter, name in GROUPS.items():
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(1, 36):
            noise = Image.fromarray(chance.integers(0, 256, (8, 8, 3), np.uint8)).resize((80, 70 + number))
            noise.save(tmp_path / "photos" / name / f"{letter}{number:03}.jpeg", quality=95)
    for first, second in (("spices/G002", "spices/G008"), ("vegetables/D019", "vegetables/D031")):
        content = (tmp_path / "photos" / f"{first}.jpeg").read_bytes()
        (tmp_path / "photos" / f"{second}.jpeg").write_bytes(content)
    other = bw.build(bw.zoo.network("resnet18", classes=9))
    bw.save_weights(other, "torchvision", tmp_path / "resnet18-emoji.pth")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "shorter"),
    [(command, ["--epochs", "1", "--input", "3x32x32"] if " train " in command else []) for command in BLOCKS],
)
def test_what_was_measured_has_the_form_of_what_the_command_prints(
    command: str, shorter: list[str], kitchen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*shlex.split(command)[1:], *shorter]) == 0
    out, err = capsys.readouterr()  # all of err is printed first
    short = f"$ {command}\n{readme.WITHIN_EPOCH.sub('', err)}{out}"
    short = short.replace(" M MACs", " G MACs")  # of smaller images
    shown = readme.WITHIN_EPOCH.sub("", BLOCKS[command])
    assert readme.form(short) == readme.form(shown)


def test_both_ways_to_begin_are_measured_or_refused_with_the_file_to_bring() -> None:
    assert [command.split()[1] for command in BLOCKS] == ["check", "train"]
    tag = bw.weights.find_tag("resnet18.tv_in1k")
    assert f"{tag.name} could not be fetched" in TEXT
    assert f"bring {tag.address} and pass it: --weights {tag.file}" in TEXT


@pytest.mark.parametrize("command", re.findall(r"^(?:\$ )?(brickwork .*)", TEXT, re.MULTILINE))
def test_the_commands_parse(command: str) -> None:
    parse(*shlex.split(command)[1:])


def test_the_lines_fit_a_page() -> None:
    prose = re.sub(r"```text\n.*?```", "", TEXT, flags=re.DOTALL)
    assert [line for line in prose.splitlines() if len(line) > 120 and not line.startswith("<!--")] == []
