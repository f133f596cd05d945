"""Who may import whom, read from the source."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "brickwork"

MAY_IMPORT = {  # a room, and the rooms it may name
    "network":    set(),
    "zoo":        {"network"},
    "figure":     set(),
    "diffing":    {"network"},
    "drawing":    {"network", "figure", "diffing"},
    "linting":    {"network"},
    "scaling":    {"network", "zoo"},
    "papers":     {"network", "zoo"},
    "exam":       {"network"},
    "model":      {"network"},
    "weights":    {"network", "zoo", "model"},  # a tag names a network of the zoo
    "data":       set(),
    "recipe":     {"network"},
    "loader":     {"data", "recipe", "network"},
    "runtime":    {"data"},
    "evaluation": {"network", "model", "data", "figure", "runtime"},
    "training":   {"network", "zoo", "model", "weights", "data", "recipe", "loader", "evaluation", "figure"},
    "exporting":  {"network", "model", "data", "evaluation", "runtime"},
    "comparison": {"network", "zoo", "figure", "recipe", "training", "evaluation"},
    "serving":    {"network", "zoo", "model", "data", "runtime", "exporting"},
    "cli":        {"network", "zoo", "figure", "diffing", "drawing", "linting", "scaling", "papers", "exam", "model",
                   "weights", "data", "recipe", "loader", "runtime", "evaluation", "training", "exporting",
                   "comparison", "serving"},
}  # fmt: skip

EVERYBODY = {  # may be named by all
    "documents", "errors", "files", "machine", "processes", "ray_cluster", "validate", "__version__",
}  # fmt: skip
PURE = {  # these need nothing that is installed
    "network", "zoo", "figure", "diffing", "drawing", "linting", "scaling", "papers", "exam",
}  # fmt: skip
WITHOUT_TORCH = {*PURE, "data", "recipe", "runtime"}  # the base installs no torch

FILES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE)


def imported(path: Path, typing: bool = True) -> Iterator[str]:
    """The whole names of the modules that a file imports, wherever in the file; those for types alone if `typing`."""
    tree = ast.parse(path.read_text())
    if not typing:
        tree.body = [
            node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
        ]
    for node in ast.walk(tree):
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
def test_pure_rooms_import_the_standard_library_alone(path: Path) -> None:
    assert {name.split(".")[0] for name in imported(path)} <= sys.stdlib_module_names | {"brickwork"}


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) in WITHOUT_TORCH], ids=lambda path: path.stem)
def test_rooms_of_the_base_install_name_no_torch(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path, typing=False)} & {"torch", "torchvision"}


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
    text = "import a.b\ndef f():\n    from c import d\n    if f:\n        import e\nif TYPE_CHECKING:\n    import g\n"
    (tmp_path / "file.py").write_text(text)
    assert set(imported(tmp_path / "file.py")) == {"a.b", "c.d", "e", "g"}
    assert set(imported(tmp_path / "file.py", typing=False)) == {"a.b", "c.d", "e"}
