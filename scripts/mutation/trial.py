"""Running mutants: the tests of each, in forked processes, until one fails."""

import faulthandler
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mutation.mutant import Mutant
from mutation.recording import QUIET, Recording
from mutation.sample import tests_for
from mutation.source import Source
from mutation.workspace import Workspace

COLLECTION = "the collection of tests"  # imports and parameters
FAILED = 10  # another code than that of a process which the watchdog ends
FIRST = 2.0  # seconds of tests that the first process runs, so that most mutants never meet the rest
SLOWER, SPARE = 5.0, 60.0  # a test may take 5 times as long as recorded, and a minute: other work may go on beside


@dataclass(frozen=True)
class Outcome:
    mutant: Mutant
    killer: str  # the test that noticed it, or COLLECTION, or "" where none did
    seconds: float
    tests: int


class Watchdog:
    """A plugin for pytest that notes which test runs, and ends the process when that takes too long."""

    def __init__(self, limits: Mapping[str, float], place: Path, log: Path) -> None:
        self.limits, self.place = limits, place
        self.log = log.open("a")

    def watch(self, test: str, limit: float) -> None:
        self.place.write_text(test)
        faulthandler.dump_traceback_later(limit, exit=True, file=self.log)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[object]:
        self.watch(item.nodeid, self.limits.get(item.nodeid, SPARE))
        return (yield)  # type: ignore[misc]


@dataclass
class Trials:
    source: Source
    recording: Recording
    space: Workspace
    sound: dict[str, bool] = field(default_factory=dict)  # whether a test passes when nothing is mutated

    def run(self, mutant: Mutant) -> Outcome:
        begin = time.perf_counter()
        tests = tests_for(mutant, self.recording, self.source)
        text = mutant.text((self.source.root / mutant.path).read_bytes())
        killer = self.killer(mutant.path, text, tests)
        return Outcome(mutant, killer, time.perf_counter() - begin, sum(map(len, tests)))

    def killer(self, path: str, text: str, tests: Sequence[list[str]]) -> str:
        """The test that fails with another text of a file."""
        found = (self.sound_killer(path, text, batch) for batch in batches(tests, self.recording.seconds))
        return next((killer for killer in found if killer), "")

    def sound_killer(self, path: str, text: str, tests: Sequence[str]) -> str:
        """The test that fails with another text of a file, and does not fail without."""
        while True:
            with self.space.put(path, text):
                killer = self.first_failing(tests)
            if not killer or self.is_sound(killer, tests):
                return self.killer_by_file(path, text, tests) if killer == COLLECTION else killer

    def killer_by_file(self, path: str, text: str, tests: Sequence[str]) -> str:
        """The test that fails when whole files run: a test is not found by a name that changed with its parameter."""
        rest = [f"--deselect={test}" for test in self.recording.unusable]
        with self.space.put(path, text):
            killer = self.first_failing(sorted({test.split("::")[0] for test in tests}), *rest)
        if not killer or killer == COLLECTION:
            return killer
        return "" if self.first_failing([killer.split("::")[0]], *rest) else killer

    def is_sound(self, killer: str, among: Sequence[str]) -> bool:
        """Whether a test, after those before it, passes without a mutant; else it is left out from here on."""
        if killer == COLLECTION:
            if self.first_failing(among, "--collect-only"):
                raise SystemExit(f"tests are not found without a mutant either: {self.space.log.read_text()}")
            return True
        if killer not in self.sound:
            self.sound[killer] = not self.first_failing(among[: among.index(killer) + 1])
        return self.sound[killer]

    def first_failing(self, tests: Sequence[str], *options: str) -> str:
        usable = [test for test in tests if self.sound.get(test, True)]
        place = self.space.notes / "test"
        passed = not usable or self.space.run(self.pytest(usable, place, options)) == 0
        return "" if passed else place.read_text()

    def pytest(self, tests: Sequence[str], place: Path, options: Sequence[str]) -> Callable[[], int]:
        def work() -> int:
            watchdog = Watchdog(limits(self.recording.seconds, tests), place, self.space.log)
            watchdog.watch(COLLECTION, SPARE + SLOWER * len(tests) / 100)
            words = [*QUIET, "-x", f"--basetemp={self.space.notes / 'tmp'}", *options, *tests]
            return FAILED if pytest.main(words, plugins=[watchdog]) else 0

        return work


def batches(files: Sequence[list[str]], seconds: Mapping[str, float]) -> list[list[str]]:
    """Tests by file as two lists: what takes little, and the rest."""
    total, quick, slow = 0.0, list[str](), list[str]()
    for tests in files:
        total += sum(seconds[test] for test in tests)
        (quick if total <= FIRST else slow).extend(tests)
    return [batch for batch in (quick, slow) if batch]


def limits(seconds: Mapping[str, float], tests: Sequence[str]) -> dict[str, float]:
    """How long tests may take: as the slowest of their file, for any of them may be the first to need its fixtures."""
    slowest: dict[str, float] = {}
    for test, took in seconds.items():
        file = test.split("::")[0]
        slowest[file] = max(took, slowest.get(file, 0.0))
    return {test: SPARE + SLOWER * slowest[test.split("::")[0]] for test in tests}
