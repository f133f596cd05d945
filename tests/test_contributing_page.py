"""CONTRIBUTING.md says what is so: its map of rooms is the tree, and its commands are there."""

import re
from pathlib import Path

import brickwork

ROOT = Path(__file__).parents[1]
SOURCE = Path(brickwork.__file__).parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def mapped_folders() -> list[str]:
    """The folders of the map, each with those around it; two spaces of indent are one level."""
    lines = TEXT[TEXT.index("    src/brickwork/\n") :].partition("\n\n")[0].splitlines()[1:]
    found: list[str] = []
    around: list[str] = []
    for line in lines:
        level = (len(line) - len(line.lstrip()) - 6) // 2
        name = line.split()[0]
        around = [*around[:level], name.rstrip("/")]
        if name.endswith("/"):
            found.append("/".join(around))
    return found


def test_the_map_has_every_folder_of_the_source_and_no_other() -> None:
    folders = [path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_dir()]
    assert sorted(mapped_folders()) == sorted(folder for folder in folders if "__pycache__" not in folder)


def test_the_map_has_the_files_beside_the_rooms() -> None:
    files = {path.name for path in SOURCE.glob("*.py")} - {"__main__.py"}
    assert files == set(re.findall(r"^      (\w+\.py) ", TEXT, re.MULTILINE))


def test_the_scripts_and_files_that_are_named_are_there() -> None:
    named = set(re.findall(r"(?:tests|scripts|benchmarks|src)/[\w/]+\.(?:py|json)", TEXT))
    assert len(named) >= 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_example_of_a_commit_keeps_the_form_that_it_shows() -> None:
    subject = re.search(r"with the command:\n\n    (.*)\n", TEXT)
    assert subject
    assert re.fullmatch(r"[a-z]+: [a-z][^.]+", subject[1])
    assert len(subject[1]) <= 60


def test_the_lines_fit_a_page() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 120] == []
