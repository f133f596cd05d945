"""`brickwork show --svg` and `--html`."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from brickwork import draw, zoo
from brickwork.drawing.paint import PAINTS
from brickwork.drawing.picture import DEPTHS
from brickwork.drawing.theme import THEMES
from brickwork.network import to_json
from shell import Ask, command


def test_show_draws_what_draw_draws_and_says_where(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    answer = ask("show", "googlenet", "--svg", path, "--unfold", "stage4.4a", "--paint", "macs", "--theme", "dark")
    assert (answer.code, answer.out, answer.err) == (0, f"Picture: {path}\n", "")
    drawn = draw(zoo.network("googlenet"), unfold=["stage4.4a"], paint="macs", theme="dark")
    assert path.read_text() == drawn.svg


@pytest.mark.parametrize("depth", ["stage", "block", "layer"])
def test_depth_and_height_hold_for_pictures(ask: Ask, tmp_path: Path, depth: str) -> None:
    path = tmp_path / "a.svg"
    assert ask("show", "resnet50", "--svg", path, "--depth", depth, "--height", "700").code == 0
    assert path.read_text() == draw(zoo.network("resnet50"), depth=depth, height=700).svg


def test_a_picture_shows_layers_and_a_table_blocks_unless_told_otherwise(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    document = ask("show", "resnet18", "--svg", path, "--json").document
    assert document == ask("show", "resnet18", "--json", "--depth", "block").document
    assert path.read_text() == draw(zoo.network("resnet18"), depth="layer").svg


def test_show_writes_both_forms_over_its_own_files(ask: Ask, tmp_path: Path) -> None:
    words = ("--svg", tmp_path / "a.svg", "--html", tmp_path / "a.html")
    for network in ("lenet5", "nin"):
        assert ask("show", network, *words).code == 0
    picture, page = ((tmp_path / name).read_text() for name in ("a.svg", "a.html"))
    assert picture == draw(zoo.network("nin")).svg
    assert picture in page


def test_a_misfit_is_drawn_and_is_a_mistake_all_the_same(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    answer = ask("show", "vgg16", "--input", "3x20x20", "--svg", path)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "but 1x1 reaches it. The smallest square input that fits is 3x32x32." in answer.err
    assert f"{path} shows where." in answer.err
    assert "but 1x1 reaches it" in path.read_text()


def test_a_model_file_is_drawn_and_never_written_over(ask: Ask, tmp_path: Path) -> None:
    document = json.dumps({"__metadata__": {"network": to_json(zoo.network("lenet5", classes=3))}}).encode()
    model = tmp_path / "model.safetensors"
    model.write_bytes(len(document).to_bytes(8, "little") + document)
    assert ask("show", tmp_path, "--svg", tmp_path / "a.svg").code == 0
    assert "dense, 3" in (tmp_path / "a.svg").read_text()
    (tmp_path / "link.svg").symlink_to(model)
    assert "is what this command reads" in ask("show", tmp_path, "--svg", tmp_path / "link.svg").err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--svg", "a.png"], "a.png: what is written here has a name that ends in .svg."),
        (["--html", "a.svg"], "a.svg: what is written here has a name that ends in .html."),
        (["--svg", "nowhere/a.svg"], "there is no folder nowhere to write it to"),
        (["--svg", "mine.svg"], "mine.svg is there already, and did not come from this command"),
        (["--paint", "macs"], "--paint says how a picture is drawn: add --svg FILE.svg or --html FILE.html."),
        (["--unfold", "stage1"], "--unfold says how a picture is drawn"),
        (["--theme", "dark"], "--theme says how a picture is drawn"),
        (["--height", "500"], "--height says how a picture is drawn"),
        (["--svg", "a.svg", "--unfold", "stage9"], "lenet5 has no part 'stage9'"),
        (["--svg", "a.svg", "--paint", "mac"], "'mac' is not one of 'params', 'macs', 'memory', 'field'"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.svg").write_text("<svg></svg>")
    answer = ask("show", "lenet5", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert says in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.svg"]


def test_drawing_imports_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom brickwork.cli.shell import run\n"
        f"run(['show', 'resnet152', '--svg', {str(tmp_path / 'a.svg')!r}, '--json'])\n"
        "sys.exit(str(sorted({'numpy', 'PIL', 'rich', 'safetensors', 'torch', 'jinja2'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(("option", "known"), [("--paint", PAINTS), ("--theme", THEMES), ("--depth", DEPTHS)])
def test_an_option_offers_what_the_drawing_knows(option: str, known: Sequence[str]) -> None:
    (found,) = (each for each in command("show").params if option in each.opts)
    assert isinstance(found.type, click.Choice)
    assert tuple(found.type.choices) == tuple(known)


def test_a_picture_and_the_memory_of_a_batch_are_answered_together(ask: Ask, tmp_path: Path) -> None:
    out = ask("show", "lenet5", "--svg", tmp_path / "x.svg", "--batch", "64").out
    assert out.startswith(f"Picture: {tmp_path / 'x.svg'}\n")
    assert "Training with batch 64" in out
