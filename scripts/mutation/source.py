"""The source tree that is mutated, by its shape alone: src/PACKAGE/ROOM/**.py and tests/ROOM/**."""

import ast
import gc
import hashlib
import importlib
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

EFFECTS = "tests/effects"  # tests of what every option changes: they belong to each room


@dataclass(frozen=True)
class Source:
    root: Path

    @cached_property
    def package(self) -> str:
        """The one package below src."""
        found = [path.parent.name for path in (self.root / "src").glob("*/__init__.py")]
        if len(found) != 1:
            raise SystemExit(f"{self.root / 'src'}: one package was expected, found {found or 'none'}: see --root.")
        return found[0]

    @cached_property
    def files(self) -> list[str]:
        return self.python("src")

    @cached_property
    def tests(self) -> list[str]:
        return [path for path in self.python("tests") if Path(path).name.startswith("test_")]

    def python(self, folder: str) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in (self.root / folder).rglob("*.py"))

    def room(self, path: str) -> str:
        """The folder below the package that a file is in, or the file itself: src/brickwork/data/idx.py -> data."""
        return Path(path).parts[2].removesuffix(".py")

    def of_room(self, path: str, test: str) -> bool:
        """Whether a test belongs to the room of a file, be it a folder of tests or one file."""
        room = self.room(path)
        return test.startswith((f"tests/{room}/", f"tests/test_{room}.py", f"{EFFECTS}/"))

    @cached_property
    def modules(self) -> list[str]:
        names = (Path(path).relative_to("src").with_suffix("").parts for path in self.files)
        return [".".join(name).removesuffix(".__init__") for name in names if name[-1] != "__main__"]

    @cached_property
    def hashed(self) -> "hashlib._Hash":
        total = hashlib.sha256()
        for path in self.files:
            total.update(self.with_name(path))
        return total

    def digest(self, test: str) -> str:
        """One sum over the source and a file of tests, with their names."""
        total = self.hashed.copy()
        total.update(self.with_name(test))
        return total.hexdigest()

    def with_name(self, path: str) -> bytes:
        return path.encode() + b"\0" + (self.root / path).read_bytes()

    def preload(self) -> None:
        """Imports what the source and the tests import from elsewhere, once, so that forked processes have it.

        The tests too, as the source imports torchvision where it needs it: that takes seconds in every process.
        """
        paths = (*self.files, *self.python("tests"))
        names = {name for path in paths for name in imports((self.root / path).read_text())}
        for name in sorted(name for name in names if elsewhere(name, self.package)):
            quietly(name)
        gc.freeze()  # else collecting garbage would copy the pages that forked processes share


def imports(text: str) -> Iterator[str]:
    """The whole names of the modules, or of what may be a module, that a file imports outside of functions."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module


def elsewhere(name: str, package: str) -> bool:
    return name.split(".")[0] not in {package, *sys.stdlib_module_names}


def quietly(name: str) -> None:
    """Imports a module where there is one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(name)
        except ImportError:  # an extra that is not installed, or `from module import function`
            return
