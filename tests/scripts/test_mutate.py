"""The mutation testing of scripts/mutate.py, on a package of a few lines."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("coverage")

from mutation.operators import mutants
from mutation.sample import shares
from mutation.source import Source

SCRIPT = Path(__file__).parents[2] / "scripts" / "mutate.py"

LIMIT = """LIMIT = 10


def below(number: int) -> bool:
    return number < LIMIT


def twice(number: int) -> int:
    return number * 2


def untested(number: int) -> int:
    return number - 5


def count(stop: int) -> int:
    number = 0
    while number != stop:
        number += 1
    return number


START = 1 if count(0) == 0 else count(None.start)
WORD = 7
"""

TESTS = """import os
import subprocess
import sys
from pathlib import Path

import pytest

from small.sums import limit


def test_nine_is_below() -> None:
    assert limit.below(9)


def test_eleven_is_not() -> None:
    assert not limit.below(11)


def test_a_process_of_its_own_says_four() -> None:
    code = "from small.sums import limit; assert limit.twice(3) == 6"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("stop", [0, 3])
def test_counting_stops(stop: int) -> None:
    assert limit.count(stop) == stop


@pytest.mark.parametrize("word", [limit.WORD])
def test_a_word_can_be_asked_for(word: int) -> None:
    limit.below(word)


def test_it_passes_while_there_is_no_mark() -> None:
    limit.below(0)
    assert not Path(os.environ["MARK"]).exists()
"""

PYTEST = """[tool.pytest.ini_options]
addopts = "--import-mode=importlib"
filterwarnings = ["error"]
"""

PAIRS = [
    ("a < b", "a <= b"), ("a >= b", "a > b"), ("a == b", "a != b"), ("a in b", "a not in b"), ("a is not b", "a is b"),
    ("a + b", "a - b"), ("a * b", "a / b"), ("a // b", "a % b"), ("a and b", "a or b"), ("not a", "a"),
    ("7", "8"), ("0", "1"), ("True", "False"), ("'key'", "'XXkey'"), ("b'key'", "b'XXkey'"),
    ("a(b, c=d)", "a(b)"), ("a(c=d)", "a()"), ("a(c=d, e=f)", "a(e=f)"), ("a((b), c=d)", "a((b))"),
    ("a[b:c]", "a[b:(c) - 1]"), ("a[b:c]", "a[(b) + 1:c]"), ("a[2:]", "a[3:]"),
    ("a if b else c", "a if True else c"), ("[a for a in b if a]", "[a for a in b if False]"),
    ("lambda a=1: a", "lambda a=2: a"), ("'é' + a < b", "'é' + a <= b"),
]  # fmt: skip

LEFT_ALONE = [
    '"""A docstring."""',
    "a: Literal['key']",
    "assert a == 1",
    "raise ValueError('key')",
    "def __repr__(self) -> str: return 'key'",
    "if TYPE_CHECKING: a = 1",
    "a = 'a text for people'",
    "__all__ = ['key']",
]


def texts(source: str) -> set[str]:
    return {mutant.text(source.encode()) for mutant in mutants("file.py", source.encode())}


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_an_expression_has_a_mutant(before: str, after: str) -> None:
    assert f"x = {after}\n" in texts(f"x = {before}\n")


@pytest.mark.parametrize("source", LEFT_ALONE)
def test_what_is_not_mutated(source: str) -> None:
    assert not texts(source)


def test_the_texts_of_a_call_for_people_are_not_mutated() -> None:
    assert texts("option(help='key')") == {"pass"}
    assert not texts("logging.info('key', 1)")


def test_statements_have_mutants() -> None:
    source = "def f(a: int = 3) -> int:\n    for b in c:\n        g()\n        break\n    if b:\n        return h\n"
    after = {("g()", "pass"), ("break", "continue"), ("h", "None"), ("3", "4"), ("b", "True"), ("b", "False")}
    assert {(mutant.before, mutant.after) for mutant in mutants("file.py", source.encode())} == after


def test_counting_up_has_counting_down_as_mutant() -> None:
    assert texts("a += b") == {"a -= b"}


def test_what_may_be_none_is_not_made_none() -> None:
    assert not texts("def f(a) -> int | None:\n    return a\n")


def test_every_mutant_of_this_tool_can_be_compiled() -> None:
    for path in SCRIPT.parent.rglob("*.py"):
        source = path.read_bytes()
        for mutant in mutants(path.name, source)[::20]:
            compile(mutant.text(source), path.name, "exec")


def test_a_sample_has_rooms_in_proportion_to_their_lines() -> None:
    assert shares({"a": 50, "b": 30, "c": 20}, 10) == {"a": 5, "b": 3, "c": 2}
    assert sum(shares({"a": 1, "b": 1, "c": 1}, 10).values()) == 10


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name, text in {
        "src/small/__init__.py": "",
        "src/small/sums/__init__.py": "",
        "src/small/sums/limit.py": LIMIT,
        "tests/sums/test_limit.py": TESTS,
        "pyproject.toml": PYTEST,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    mutate(root, "--record")
    return root


def mutate(root: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, str(SCRIPT), "--root", str(root), *words]
    environment = {"PATH": "/usr/bin:/bin", "MARK": str(root / "mark")}
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done


def survivors(root: Path, line: int) -> dict[str, str]:
    """What kills each mutant of a line of the little package, or "" where nothing does."""
    found = json.loads(mutate(root, "--json", "--only", f"src/small/sums/limit.py:{line}").stdout)
    return {
        f"{each['mutant']['before']} -> {each['mutant']['after']}": each["killer"].split("::")[-1] for each in found
    }


def test_a_mutant_is_killed_by_a_test_of_its_line(tree: Path) -> None:
    found = survivors(tree, 5)
    assert found == {"< -> <=": "", "number < LIMIT -> None": "test_nine_is_below"}


def test_a_mutant_is_seen_by_a_process_that_a_test_starts(tree: Path) -> None:
    assert set(survivors(tree, 9).values()) == {"test_a_process_of_its_own_says_four"}


def test_a_constant_of_a_module_meets_the_tests_of_its_room(tree: Path) -> None:
    found = json.loads(mutate(tree, "--json", "--only", "src/small/sums/limit.py:1").stdout)
    assert [(each["killer"], each["tests"]) for each in found] == [("", 7)]


def test_a_mutant_that_cannot_be_imported_is_killed_by_the_collection(tree: Path) -> None:
    assert survivors(tree, 23)["count(0) == 0 -> False"] == "the collection of tests"


def test_a_mutant_that_only_renames_a_tests_parameter_survives(tree: Path) -> None:
    assert survivors(tree, 24)["7 -> 8"] == ""


def test_the_report_counts_and_names_survivors(tree: Path) -> None:
    lines = mutate(tree, "--only", "src/small/sums/limit.py:5").stdout.splitlines()
    assert lines[1].split() == ["sums", "24", "2", "1", "1", "50%"]
    assert lines[-1] == "src/small/sums/limit.py:5: < -> <="


def test_a_test_that_fails_without_a_mutant_kills_none(tree: Path) -> None:
    (tree / "mark").touch()
    try:
        assert survivors(tree, 5)["< -> <="] == ""
    finally:
        (tree / "mark").unlink()


def test_the_tree_is_left_as_it_was(tree: Path) -> None:
    assert (tree / "src/small/sums/limit.py").read_text() == LIMIT


def test_a_source_that_changed_is_not_run_on_an_old_recording(tree: Path) -> None:
    place = tree / "src/small/sums/limit.py"
    place.write_text(LIMIT + "\n")
    try:
        with pytest.raises(AssertionError, match="add --record"):
            mutate(tree, "--sample", "1")
    finally:
        place.write_text(LIMIT)


ENDLESS = """
import sys
from mutation import trial
trial.SPARE = 3.0
from mutation.operators import mutants
from mutation.recording import read
from mutation.source import Source
from mutation.workspace import workspace
from pathlib import Path
source = Source(Path(sys.argv[1]))
path = "src/small/sums/limit.py"
[mutant] = [each for each in mutants(path, (source.root / path).read_bytes()) if each.before == "1" and each.line == 19]
with workspace(source) as space:
    print(trial.Trials(source, read(source, source.tests), space).run(mutant).killer)
"""


def test_a_test_that_does_not_end_kills(tree: Path) -> None:
    words = [sys.executable, "-c", ENDLESS, str(tree)]
    environment = {"PATH": "/usr/bin:/bin", "MARK": str(tree / "mark"), "PYTHONPATH": str(SCRIPT.parent)}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert done.stdout.strip().startswith("tests/sums/test_limit.py::test_counting_stops"), done.stderr


SLEEPING = """
import os, sys, time
from pathlib import Path
from mutation.source import Source
from mutation.workspace import workspace

def sleep() -> int:
    print(os.getpid(), file=sys.__stderr__, flush=True)
    time.sleep(60)
    return 0

with workspace(Source(Path(sys.argv[1]))) as space:
    print(space.log, flush=True)
    space.run(sleep)
"""


def test_what_is_terminated_ends_its_processes_and_removes_its_copy(tree: Path) -> None:
    words = [sys.executable, "-c", SLEEPING, str(tree)]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(SCRIPT.parent)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout
        log = Path(parent.stdout.readline().strip())
        wait_until(lambda: log.exists() and log.read_text().strip() != "")
        child = int(log.read_text())
        parent.terminate()
        parent.communicate()
    assert parent.returncode == 1
    wait_until(lambda: not is_running(child))
    assert not log.exists()


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True).stdout


def test_rooms_are_the_folders_below_the_package(tree: Path) -> None:
    source = Source(tree)
    assert source.room("src/small/sums/limit.py") == "sums"
    assert source.of_room("src/small/sums/limit.py", "tests/sums/test_limit.py::test_x")
    assert source.of_room("src/small/sums/limit.py", "tests/effects/test_options.py::test_x")
    assert not source.of_room("src/small/sums/limit.py", "tests/other/test_limit.py::test_x")
    assert source.of_room("src/small/errors.py", "tests/test_errors.py::test_x")
