"""Who may import whom, read from the source."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "brickwork"

MAY_IMPORT = {  # a room, and the rooms it may name
    "network":  set(),
    "zoo":      {"network"},
    "model":    {"network"},
    "weights":  {"network", "zoo", "model"},  # a tag names a network of the zoo
    "data":     set(),
    "evaluate": {"network", "model", "data"},
    "train":    {"network", "model", "data", "weights", "evaluate"},
    "compare":  {"network", "zoo", "train", "evaluate"},
    "export":   {"network", "model", "data", "evaluate"},
    "serve":    {"network", "zoo", "train", "export"},
    "cli":      {"network", "zoo", "model", "weights", "data", "evaluate", "train", "compare", "export", "serve"},
}  # fmt: skip

EVERYBODY = {"errors", "files", "__version__"}  # may be named by all
PURE = {"network", "zoo"}  # these need nothing that is installed

FILES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE)


def imported(path: Path) -> Iterator[str]:
    """The whole names of the modules that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{path}: relative imports are not used here"
            # "from brickwork import zoo" imports brickwork.zoo
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_imports_only_from_rooms_that_its_room_may_name(path: Path) -> None:
    room = room_of(path)
    named = {name.split(".")[1] for name in imported(path) if name.startswith("brickwork.")}
    assert named <= MAY_IMPORT[room] | {room} | EVERYBODY


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) in PURE], ids=lambda path: path.stem)
def test_network_and_zoo_import_the_standard_library_alone(path: Path) -> None:
    assert {name.split(".")[0] for name in imported(path)} <= sys.stdlib_module_names | {"brickwork"}


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) != "cli"], ids=lambda path: path.stem)
def test_only_the_shell_prints(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert "print" not in {call.id for call in calls if isinstance(call, ast.Name)}


def test_the_table_of_imports_has_no_circle() -> None:
    above: set[str] = set()
    for room, rooms in MAY_IMPORT.items():  # each line names only rooms of earlier lines
        assert rooms <= above
        above.add(room)


def test_imports_are_seen_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("import a.b\ndef f():\n    from c import d\n    if f:\n        import e\n")
    assert set(imported(tmp_path / "file.py")) == {"a.b", "c.d", "e"}
