"""The README says what is so."""

import doctest
import gzip
import re
import shlex
import subprocess
from difflib import unified_diff
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import brickwork
import readme
from brickwork.cli.shell import run
from brickwork.network import Network, chain, stages
from brickwork.network.blocks import conv
from brickwork.network.layers import Flatten, GlobalAvgPool, Linear
from shell import parse

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
FASHION = Path(brickwork.__file__).parent / "data" / "fashion"


def test_the_outputs_are_those_of_the_commands() -> None:
    assert TEXT.count("<!-- output: ") >= 3
    new = readme.update_blocks(TEXT, "output")
    differing = list(unified_diff(TEXT.splitlines(), new.splitlines(), lineterm="", n=0))
    assert not differing, "run python scripts/readme.py"


def test_what_was_measured_has_the_form_of_what_the_command_prints(
    small_fashion: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A training of a few images prints the lines and words of the README's long one; the numbers differ."""
    ((command, shown),) = readme.blocks(TEXT, "measured").items()
    monkeypatch.chdir(small_fashion.parent)
    assert run([*shlex.split(command)[1:], "--data", str(small_fashion), "--epochs", "1"]) == 0
    out, err = capsys.readouterr()  # all of err is printed first
    short = f"$ {command}\n{readme.WITHIN_EPOCH.sub('', err)}{out}".replace(str(small_fashion), "fashion")
    assert readme.form(short) == readme.form(shown), "run python scripts/readme.py --measured"


@pytest.fixture
def small_fashion(tmp_path: Path) -> Path:
    """The first images of the data that `brickwork train` takes, in a folder of the same name."""
    folder = tmp_path / "fashion"
    folder.mkdir()
    (folder / "classes.txt").write_text((FASHION / "classes.txt").read_text())
    for stem, images in (("train", 200), ("t10k", 60)):
        copy_idx(f"{stem}-images-idx3-ubyte", folder, images, pixels=784)
        copy_idx(f"{stem}-labels-idx1-ubyte", folder, images, pixels=1)
    return folder


def copy_idx(name: str, folder: Path, images: int, pixels: int) -> None:
    """The first images of a file of MNIST's format: a header with their number at its fifth byte, and the pixels."""
    content = gzip.decompress((FASHION / f"{name}.gz").read_bytes())
    header = 16 if pixels > 1 else 8
    number = images.to_bytes(4, "big")
    (folder / name).write_bytes(content[:4] + number + content[8 : header + images * pixels])


def test_numbers_are_no_part_of_a_form() -> None:
    text = "$ run\nepoch 1 of 8: loss 1.39, 2,000 images\nepoch 2 of 8: loss 0.9, 9 images\n\nNext:\n"
    assert readme.form(text) == ["$ run", "epoch # of #: loss #, # images", "", "Next:"]


def test_the_lines_fit_a_page() -> None:
    measured = "".join(readme.blocks(TEXT, "measured").values()).splitlines()  # as long as the program makes them
    assert [line for line in TEXT.splitlines() if len(line) > 120 and line not in measured] == []


def test_the_examples_in_python_give_what_stands_below_them() -> None:
    found = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "README.md", "README.md", 0)
    assert len(found.examples) >= 8
    complaints: list[str] = []
    doctest.DocTestRunner().run(found, out=complaints.append)
    assert not complaints, "".join(complaints)


def test_the_example_of_a_training_runs_on_photos_of_five_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"```python\n(result = .*?)```", TEXT, re.DOTALL)
    chance = np.random.default_rng(0)
    for number in range(50):
        path = tmp_path / ("new-photos" if number == 0 else f"photos/class{number % 5}") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(chance.integers(0, 256, (32, 32, 3), np.uint8)).save(path)
    network = Network("small", (3, 32, 32), 5, stages(stem=conv(4, 3)), chain(GlobalAvgPool(), Flatten(), Linear(5)))
    monkeypatch.chdir(tmp_path)
    exec(example, {"bw": brickwork, "small": network})
    result, prediction = capsys.readouterr().out.splitlines()
    assert result.endswith("runs/small-photos-1/model.safetensors)")
    assert prediction.startswith("new-photos/0.png ")


def test_the_links_lead_to_files_and_every_page_is_linked() -> None:
    links = set(re.findall(r"\]\(([\w/.]+)\)", TEXT))
    assert all((ROOT / link).is_file() for link in links), links
    further = TEXT[TEXT.index("## Further") :]
    for page in sorted(path.name for path in (ROOT / "docs").glob("*.md")):
        assert f"(docs/{page})" in further, page


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    done = subprocess.run([ROOT / ".ci" / "run", "--print"], capture_output=True, text=True, check=True)
    command = re.search(r"<!-- command: test -->\n```sh\n(.*)\n```", TEXT)
    assert command
    assert done.stdout == f"{command[1]}\n"


@pytest.mark.parametrize("command", re.findall(r"^brickwork (?:show|train|evaluate|predict) .*", TEXT, re.MULTILINE))
def test_the_commands_parse(command: str) -> None:
    parse(*shlex.split(command)[1:])
