"""A copy of the tree in which mutants are put, and processes that run in it.

Everything a test may look at is mutated alike: `import`, `python -m` in a subprocess, and reading the file itself.
"""

import compileall
import contextlib
import importlib.util
import os
import py_compile
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mutation.source import Source

LEFT_OUT = (".git", ".venv", ".mutation")


@dataclass(frozen=True)
class Workspace:
    root: Path  # the copy
    notes: Path  # a folder beside it, for what the processes write

    @property
    def log(self) -> Path:
        return self.notes / "log"

    @contextlib.contextmanager
    def put(self, path: str, text: str) -> Iterator[None]:
        """A file of the copy with another text, for a while."""
        place = self.root / path
        before = place.read_text()
        place.write_text(text)
        try:
            yield
        finally:
            place.write_text(before)

    def run(self, work: Callable[[], int]) -> int:
        """The exit code of a function in a forked process, which begins in the copy and ends with all its children."""
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            code = 70
            try:
                self.enter()
                code = work()
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(code)
        try:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def enter(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        os.chdir(self.root)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)


@contextlib.contextmanager
def workspace(source: Source) -> Iterator[Workspace]:
    """A copy of the tree that comes before the installed package, here and in subprocesses."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy, notes = Path(folder, "tree"), Path(folder, "notes")
        notes.mkdir()
        shutil.copytree(source.root, copy, symlinks=True, ignore=shutil.ignore_patterns(*left_out(source.root)))
        # The times of files say nothing here: a mutant may be as long as the source, and written in the same second.
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(copy / "src", quiet=1, invalidation_mode=mode)
        first_on_path(copy / "src", source.package)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # else what is forked would go on
        yield Workspace(copy, notes)


def left_out(root: Path) -> list[str]:
    ignored = root / ".gitignore"
    lines = ignored.read_text().split() if ignored.exists() else ["__pycache__"]
    return [*LEFT_OUT, *(line.strip("/") for line in lines)]


def first_on_path(folder: Path, package: str) -> None:
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    importlib.invalidate_caches()
    found = importlib.util.find_spec(package)
    assert package not in sys.modules, f"{package} is imported already"
    assert found, package
    assert Path(str(found.origin)).is_relative_to(folder), found.origin
