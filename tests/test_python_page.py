"""docs/python.md says what is so: its blocks run in their order, and give what stands below them."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import brickwork as bw

TEXT = (Path(__file__).parents[1] / "docs" / "python.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COLOURS = {"ash": (200, 60, 60), "maple": (60, 200, 60), "oak": (60, 60, 200)}


def photographs(folder: Path, each: int = 30) -> None:
    """Three classes of noise around a colour of their own, 32x32."""
    chance = np.random.default_rng(0)
    for label, colour in COLOURS.items():
        (folder / label).mkdir(parents=True)
        for number in range(each):
            pixels = np.clip(chance.normal(colour, 40, (32, 32, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.png")


def run_block(block: str, line: int, names: dict[str, object]) -> list[str]:
    """Runs one block in the page's namespace; what differs from the outputs that stand in it."""
    if not block.startswith(">>>"):
        exec(compile("\n" * line + block, "docs/python.md", "exec"), names)
        return []
    complaints: list[str] = []
    found = doctest.DocTestParser().get_doctest(block, names, "python.md", "docs/python.md", line)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(found, out=complaints.append, clear_globs=False)
    names.update(found.globs)
    return complaints


def test_the_examples_run_in_order_and_give_what_stands_below_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path / "photos")
    names: dict[str, object] = {"__name__": "python_page"}
    complaints = [text for block in BLOCKS for text in run_block(block, TEXT[: TEXT.index(block)].count("\n"), names)]
    assert not complaints, "".join(complaints)
    assert len(BLOCKS) >= 25
    assert len(names["accuracies"]) == 2  # type: ignore[arg-type]
    assert {path.name for path in (tmp_path / "runs").iterdir()} >= {"first", "small-photos-1", "scaled-photos-1"}


@pytest.mark.parametrize(
    "word", ["train", "resume", "open_loader", "recipe_for", "evaluate", "predict", "build", "save"]
)
def test_every_public_function_of_training_and_after_is_there(word: str) -> None:
    assert f"bw.{word}(" in TEXT or f"`bw.{word}`" in TEXT


def test_every_name_of_the_package_that_is_used_is_public() -> None:
    used = set(re.findall(r"\bbw\.(\w+)", TEXT))
    assert len(used) >= 20
    assert used <= {*dir(bw)}


def test_the_pages_that_are_named_are_there() -> None:
    for page in re.findall(r"\]\((\w+\.md)\)", TEXT):
        assert (Path(__file__).parents[1] / "docs" / page).is_file(), page


def test_the_lines_fit_a_page() -> None:
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    assert [line for line in prose.splitlines() if len(line) > 120] == []
