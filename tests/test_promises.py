"""The promises of SECURITY.md, held by every command in a folder full of traps, under an audit hook.

The hook hears what Python does, in the command and in each of its processes. What native code does is not heard: that
nothing beside the outputs has changed is also seen by comparing all files before and after.
"""

import re
import sys
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from audited import Ran, connections, processes, run_audited, unpickled, writes
from brickwork.cli.shell import VERBS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the hook hears how POSIX starts processes")

SCRIPT = "import sys\nfrom brickwork.__main__ import main\nif __name__ == '__main__': sys.exit(main())\n"
NASTY = "\x1b[2J\x1b]0;owned\x07\r\x08\x9b31m\u202egnp.exe\u2066\u2028end"
CLASSES = ("cat", f"dog{NASTY}")
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
QUICK = ("lenet5", "--data", "photos", "--epochs", "1", "--batch", "8", "--policy", "trivialaugment")
STANDARD = sys.stdlib_module_names - set(sys.builtin_module_names)
INSTALLED = {name for name in packages_distributions() if name.isidentifier()} | {"sitecustomize", "usercustomize"}


@dataclass(frozen=True)
class Case:
    """A command, and which files and folders it may write besides the cache and temporary files."""

    words: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    run: str = ""


def table(name: str) -> tuple[str, ...]:
    """A table and what it is called until it is whole."""
    return tuple(f"out/{name}.csv{end}" for end in ("", ".part", ".part.json"))


CASES = {
    "list": Case(("list",)),
    "show": Case(("show", "../out/run/model.safetensors")),
    "show --svg": Case(
        ("show", "googlenet", "--svg", "../out/drawn.svg", "--html", "../out/drawn.html"),
        ("out/drawn.svg", "out/drawn.html"),
    ),
    "show --svg of two": Case(("show", "lenet5", "alexnet", "--svg", "../out/pair.svg"), ("out/pair.svg",)),
    "diff": Case(("diff", "lenet5", "alexnet")),
    "family": Case(("family", "lenet5", "alexnet", "--svg", "../out/family.svg"), ("out/family.svg",)),
    "lecture": Case(("lecture",)),
    "scale": Case(("scale", "resnet50")),
    "check": Case(
        ("check", "photos", "--groups", "/([a-z0-9]+).*png", "--fix", "../out/fixed.csv"), ("out/fixed.csv",)
    ),
    "train": Case(("train", *QUICK, "--workers", "1", "--out", "../out/run"), run="out/run"),
    "train --nproc": Case(("train", *QUICK, "--nproc", "2", "--out", "../out/several"), run="out/several"),
    "evaluate": Case(
        ("evaluate", "../out/run", "--data", "photos", "--split", "all", "--report", "../out/page.html"),
        ("out/page.html",),
    ),
    "predict": Case(("predict", "../out/run", "photos", "--top", "2", "--out", "../out/table.csv"), table("table")),
    "lint": Case(("lint", "resnet50")),
    "why": Case(("why", "alexnet", "stage1")),
    "faithful": Case(("faithful", "googlenet")),
    "quiz": Case(("quiz", "vgg16", "--form", "html", "--out", "../out/sheet.html"), ("out/sheet.html",)),
    "export": Case(
        ("export", "../out/run", "--to", "onnx", "--data", "photos", "--out", "../out/model.onnx"),
        ("out/model.onnx", "out/model.onnx.parity.json", "out/model.onnx.parity.txt"),
    ),
    "predict by an export": Case(
        ("predict", "../out/model.onnx", "photos", "--out", "../out/rows.csv"), table("rows")
    ),
    "predict by OpenVINO": Case(("predict", "../out/model.onnx", "photos", "--engine", "openvino")),
    "bench": Case(("bench", "../out/run", "--batch", "1", "--seconds", "0.1")),
    "doctor": Case(("doctor",)),
}  # fmt: skip
if find_spec("nncf"):
    words = ("--to", "openvino", "--int8", "--max-drop", "100", "--choose", "--data", "photos")
    beside = ("int8.bin", "int8.xml", "int8.xml.engines.json", "int8.xml.parity.json", "int8.xml.parity.txt")
    CASES["export --int8"] = Case(
        ("export", "../out/run", *words, "--out", "../out/int8.xml"), tuple(f"out/{name}" for name in beside)
    )


@dataclass(frozen=True)
class World:
    """Folders of a person's own: home, temporary files, outputs, and `here`, which came from somebody else."""

    root: Path
    rans: dict[str, Ran] = field(default_factory=dict)
    changes: dict[str, set[str]] = field(default_factory=dict)

    @property
    def here(self) -> Path:
        return self.root / "here"

    @property
    def own(self) -> tuple[Path, Path]:
        """Where every command may write."""
        return self.root / "home" / ".cache" / "brickwork", self.root / "tmp"

    def start(self, words: tuple[str, ...], code: str = SCRIPT) -> Ran:
        script = self.root / "brickwork"
        script.write_text(code)
        return run_audited([sys.executable, script, *words], self.root / "home", self.root / "tmp", self.here)

    def contents(self) -> dict[str, bytes]:
        """The sum of every file but the cache's and temporary ones."""
        found = [path for path in self.root.rglob("*") if not any(own in (path, *path.parents) for own in self.own)]
        return {str(path): b"" if path.is_dir() else sha256(path.read_bytes()).digest() for path in found}

    def run(self, name: str) -> Ran:
        """What a command did, which is done once."""
        if name not in self.rans:
            before = self.contents()
            self.rans[name] = self.start(CASES[name].words)
            self.changes[name] = {place for place, _ in before.items() ^ self.contents().items()}
        return self.rans[name]


def set_traps(folder: Path) -> None:
    """Files and folders named like modules, each of which leaves its name in the file `ran` when it is imported."""
    for name in {*STANDARD, *INSTALLED}:
        code = f"open({str(folder / 'ran')!r}, 'a').write({name!r} + ' ')\nraise SystemExit(9)\n"
        (folder / f"{name}.py").write_text(code)
        if name in INSTALLED:
            (folder / name).mkdir()
            (folder / name / "__init__.py").write_text(code)


def draw_photos(folder: Path) -> None:
    for number in range(32):
        file = folder / CLASSES[number % 2] / f"{number}{NASTY if number < 4 else ''}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (16, 16), dtype=np.uint8)
        Image.fromarray(pixels).save(file)
    (folder / CLASSES[1] / f"torn{NASTY}.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("world").resolve())
    for name in ("here", "out", "tmp", "home/.cache"):
        (made.root / name).mkdir(parents=True)
    set_traps(made.here)
    draw_photos(made.here / "photos")
    (made.root / "brickwork").write_text(SCRIPT)
    made.run("train")  # whose model the others read
    return made


def test_every_command_is_tried() -> None:
    assert {case.words[0] for case in CASES.values()} == set(VERBS)


@pytest.mark.parametrize("name", CASES)
class TestEveryCommand:
    def test_ends_well(self, world: World, name: str) -> None:
        ran = world.run(name)
        assert ran.code == (1 if name == "check" else 0), ran.err  # check finds the image that is torn

    def test_is_heard_in_each_of_its_processes(self, world: World, name: str) -> None:
        ran = world.run(name)
        started = [event.values[0] for event in ran.of("process")]
        pythons = [words for words in started if words[0] == sys.executable and "-S" not in words]
        assert len(ran.of("begin")) == 1 + len(pythons)
        assert len(pythons) == {"train": 2, "train --nproc": 2}.get(name, 0)
        assert any("-S" in words for words in started) == (name == "check")  # for the pattern of its groups

    def test_connects_to_nothing(self, world: World, name: str) -> None:
        assert connections(world.run(name), world.root / "tmp") == []

    def test_starts_no_process_that_is_not_stated(self, world: World, name: str) -> None:
        assert processes(world.run(name), several="--nproc" in name) == []

    def test_unpickles_nothing_but_what_its_own_processes_send(self, world: World, name: str) -> None:
        assert unpickled(world.run(name)) == []

    def test_writes_nothing_but_its_outputs_the_cache_and_temporary_files(self, world: World, name: str) -> None:
        ran, case = world.run(name), CASES[name]
        folders = [*world.own, *([world.root / case.run] if case.run else [])]
        assert writes(ran, folders, [world.root / output for output in case.outputs]) == []
        outputs = tuple(str(world.root / output) for output in (*case.outputs, case.run) if output)
        assert [place for place in world.changes[name] if not place.startswith(outputs or "?")] == []
        assert all((world.root / output).exists() for output in (*case.outputs, case.run) if ".part" not in output)

    def test_imports_nothing_of_the_current_folder(self, world: World, name: str) -> None:
        world.run(name)
        assert not (world.here / "ran").exists(), (world.here / "ran").read_text()

    def test_prints_no_control_and_no_direction_character(self, world: World, name: str) -> None:
        ran = world.run(name)
        assert CONTROLS.findall(ran.out + ran.err) == []


PLANTED = """
import multiprocessing, os, pickle, socket, subprocess, sys
from fractions import Fraction
from pathlib import Path

def misbehave(folder):
    socket.socket().connect_ex(("127.0.0.1", 9))
    open(folder / "made", "w").close()
    os.rename(folder / "made", folder / "renamed")
    os.close(os.open(folder / "renamed", os.O_RDWR))
    (folder / "folder").mkdir()
    os.remove(folder / "renamed")
    pickle.loads(pickle.dumps(Fraction))
    subprocess.run(["true"])
    if not os.fork():
        os._exit(0)
    os.wait()

if __name__ == "__main__":
    os.environ["PYTHONSAFEPATH"] = "1"
    process = multiprocessing.get_context("forkserver").Process(target=misbehave, args=(Path(sys.argv[1]),))
    process.start()
    process.join()
    misbehave(Path(sys.argv[2]))
    sys.path.insert(0, "")
    import colorsys
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Ran]:
    """A program that breaks every promise, first in a worker process."""
    world = World(tmp_path_factory.mktemp("planted").resolve())
    for name in ("here", "tmp", "home", "worker", "command"):
        (world.root / name).mkdir(parents=True)
    set_traps(world.here)
    return world, world.start(("../worker", "../command"), PLANTED)


class TestTheHook:
    """Notices each breach that is planted, in the command and in a worker process, and nothing else."""

    def test_notices_connections(self, planted: tuple[World, Ran]) -> None:
        world, ran = planted
        found = connections(ran, world.root / "tmp")
        assert [event.values for event in found] == [(["127.0.0.1", 9],)] * 2
        assert len({event.process for event in found}) == 2

    def test_notices_processes(self, planted: tuple[World, Ran]) -> None:
        _, ran = planted
        found = processes(ran, several=False)
        assert sorted(event.kind for event in found) == ["os.fork", "os.fork", "process", "process"]
        assert [event.values for event in found if event.kind == "process"] == [(["true"],)] * 2

    def test_notices_pickles(self, planted: tuple[World, Ran]) -> None:
        _, ran = planted
        assert [event.values for event in unpickled(ran)] == [("fractions", "Fraction")] * 2

    def test_notices_writes(self, planted: tuple[World, Ran]) -> None:
        world, ran = planted
        found = [(event.kind, *event.values) for event in writes(ran, [*world.own, world.here])]
        kinds = ("open made", "os.rename made", "os.rename renamed", "open renamed", "os.mkdir folder")
        steps = [step.split() for step in (*kinds, "os.remove renamed")]
        assert found == [
            (kind, str(world.root / part / name)) for part in ("worker", "command") for kind, name in steps
        ]
        others = [world.root / "worker", world.here, *world.own]
        assert len(writes(ran, others, [world.root / "command" / "renamed"])) == 3

    def test_notices_imports(self, planted: tuple[World, Ran]) -> None:
        world, ran = planted
        assert ran.code == 9
        assert (world.here / "ran").read_text() == "colorsys "
