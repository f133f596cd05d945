"""Which tests run which lines, and how long they take: one file of JSON for each file of tests, in .mutation/."""

import functools
import gc
import importlib
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

from mutation.source import Source
from mutation.workspace import Workspace

FOLDER = ".mutation"
PHASE = re.compile(r" \((setup|call|teardown)\)$")  # what pytest adds to the name of a test for its subprocesses
IMPORT = ""  # the context of lines that run before a test begins
QUIET = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-W", "ignore::pytest.PytestAssertRewriteWarning"]

# How coverage begins in the subprocesses of a test, whose name pytest hands down.
SUBPROCESS = """[run]
parallel = true
data_file = {folder}/data
source = {source}
context = ${{PYTEST_CURRENT_TEST-}}
disable_warnings = no-data-collected, module-not-imported
"""


@dataclass(frozen=True)
class Recording:
    seconds: dict[str, float]  # by test
    contexts: dict[str, dict[int, set[str]]]  # by file and line: tests, files or folders of tests, or IMPORT
    unusable: set[str]  # tests that failed or were skipped

    def lines(self, path: str, first: int, last: int) -> set[str]:
        """The contexts in which one of these lines runs."""
        lines = self.contexts.get(path, {})
        return {context for line in range(first, last + 1) for context in lines.get(line, ())}

    def file(self, path: str) -> set[str]:
        """The contexts in which anything of a file runs."""
        return {context for contexts in self.contexts.get(path, {}).values() for context in contexts}


class Recorder:
    """A plugin for pytest that tells coverage which test runs, and notes how long it took."""

    def __init__(self, coverage: Coverage, root: Path) -> None:
        self.coverage, self.root = coverage, root
        self.seconds: dict[str, float] = {}
        self.unusable: set[str] = set()
        self.context = IMPORT
        self.forget: list[Callable[[], None]] = []

    def switch(self, context: str) -> str:
        before, self.context = self.context, context
        self.coverage.switch_context(context)
        return before

    def pytest_collection_finish(self) -> None:
        self.forget = [each.cache_clear for each in caches(self.root)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[object]:
        for forget in self.forget:  # else a cached function would run in the first test alone
            forget()
        before, begin = self.switch(item.nodeid), time.perf_counter()
        try:
            return (yield)  # type: ignore[misc]
        finally:
            self.seconds[item.nodeid] = round(time.perf_counter() - begin, 4)
            self.switch(before)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, request: pytest.FixtureRequest) -> Iterator[object]:
        """What a shared fixture runs counts for all tests of its scope, not only for the first."""
        before = self.switch(self.context if request.scope == "function" else request.node.nodeid)
        try:
            return (yield)  # type: ignore[misc]
        finally:
            self.switch(before)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.unusable.add(report.nodeid)


def caches(root: Path) -> "list[functools._lru_cache_wrapper[object]]":
    """The cached functions that were written here."""
    kind = functools._lru_cache_wrapper
    found = [each for each in gc.get_objects() if type(each) is kind]  # isinstance would ask proxies
    return [each for each in found if is_within(root, getattr(each.__wrapped__, "__code__", None))]


def is_within(root: Path, code: object) -> bool:
    return Path(getattr(code, "co_filename", "")).is_relative_to(root)


def record(source: Source, space: Workspace, test: str) -> None:
    """Runs one file of tests, and writes what it found."""
    place = recorded(source, test)
    place.parent.mkdir(parents=True, exist_ok=True)
    space.run(lambda: observe(source, space, test, place))


def observe(source: Source, space: Workspace, test: str, place: Path) -> int:
    """Runs in a forked process: the tests of a file with coverage, and then writes the file."""
    coverage = Coverage(data_file=None, config_file=False, source=[str(space.root / "src")])
    coverage.set_option("run:disable_warnings", ["no-data-collected", "module-not-imported", "module-not-measured"])
    begin_in_subprocesses(space)
    recorder = Recorder(coverage, space.root)
    coverage.start()
    import_all(source.modules)
    code = pytest.main([*QUIET, f"--basetemp={space.notes / 'tmp'}", test], plugins=[recorder])
    coverage.stop()
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):  # what was found is not the whole
        return int(code)
    seconds = {name: value for name, value in recorder.seconds.items() if name not in recorder.unusable}
    data = [coverage.get_data(), *subprocess_data(space)]
    found = {"digest": source.digest(test), "seconds": seconds, "lines": lines_of(data, source, space.root)}
    place.write_text(json.dumps({**found, "unusable": sorted(recorder.unusable)}))
    return int(code)


def import_all(modules: Sequence[str]) -> None:
    """Imports happen before the tests, so that no test seems to run what only importing runs."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError:  # an extra that is not installed
            continue


def begin_in_subprocesses(space: Workspace) -> None:
    folder = space.notes / "coverage"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / "rc").write_text(SUBPROCESS.format(folder=folder, source=space.root / "src"))
    os.environ["COVERAGE_PROCESS_START"] = str(folder / "rc")


def subprocess_data(space: Workspace) -> Iterator[CoverageData]:
    for path in sorted((space.notes / "coverage").glob("data.*")):
        data = CoverageData(str(path))
        data.read()
        yield data


def lines_of(data: Sequence[CoverageData], source: Source, root: Path) -> dict[str, dict[int, list[str]]]:
    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for each in data:
        for path in source.files:
            for line, contexts in each.contexts_by_lineno(str(root / path)).items():
                found[path][line] |= {PHASE.sub("", context) for context in contexts}
    return {path: {line: sorted(found[path][line]) for line in found[path]} for path in found}


def recorded(source: Source, test: str) -> Path:
    return source.root / FOLDER / f"{test.replace('/', '.')}.json"


def is_fresh(source: Source, test: str) -> bool:
    place = recorded(source, test)
    return place.exists() and json.loads(place.read_text())["digest"] == source.digest(test)


def read(source: Source, tests: Sequence[str]) -> Recording:
    """The recordings of all files of tests as one; an error where one is missing or older than the source."""
    old = [test for test in tests if not is_fresh(source, test)]
    if old:
        raise SystemExit(f"{FOLDER}: no recording of {len(old)} files of tests as they are now: add --record.")
    seconds, unusable = dict[str, float](), set[str]()
    contexts: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for test in tests:
        found = json.loads(recorded(source, test).read_text())
        seconds |= found["seconds"]
        unusable.update(found["unusable"])
        for path, lines in found["lines"].items():
            for line, names in lines.items():
                contexts[path][int(line)].update(names)
    return Recording(seconds, contexts, unusable)
