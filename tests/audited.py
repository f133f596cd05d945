"""What commands did under the audit hook of audit/sitecustomize.py, and which of it was not stated."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brickwork.files import PARTIAL

HOOK = Path(__file__).with_name("audit")
HIDDEN = {"PYTHONSAFEPATH", "BRICKWORK_CACHE", "XDG_CACHE_HOME", "COLUMNS"}
HELPERS = re.compile(r"from multiprocessing\.(forkserver|resource_tracker|spawn) import ")
SEARCH = ("-I", "-S", "-W", "ignore", "-c")  # for a pattern of groups, without what site has: the hook neither
MEMBER = ("-P", "-m", "brickwork", "train", "--resume")
FINDERS = {"ldconfig -p", "uname -p"}  # by which torch's packages and Python ask for libraries and the machine


@dataclass(frozen=True)
class Event:
    process: int
    kind: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Ran:
    """A command that has ended: what it printed, and what it and its processes did."""

    code: int
    out: str
    err: str
    events: tuple[Event, ...]

    def of(self, *kinds: str) -> list[Event]:
        return [event for event in self.events if event.kind.startswith(kinds)]


def run_audited(words: Sequence[str | Path], home: Path, temporary: Path, folder: Path) -> Ran:
    """Runs a command in a folder, with this home and this folder of temporary files, in which the log is kept."""
    log = temporary / "audit.log"
    log.unlink(missing_ok=True)
    own = {
        "AUDIT_LOG": str(log),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(HOOK),
        "OMP_NUM_THREADS": "1",
        **compiled(temporary),
    }
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN} | own
    done = subprocess.run(list(map(str, words)), cwd=folder, env=environment, capture_output=True)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    events = tuple(Event(process, kind, tuple(values)) for process, kind, *values in lines)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), events)


def compiled(temporary: Path) -> dict[str, str]:
    """Where Python keeps the modules that it compiles: elsewhere than beside them, which is no promise of ours.

    Where none are kept there, the first command compiles torch for all others.
    """
    if sys.dont_write_bytecode:
        return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(temporary / "pycache")}
    return {"PYTHONDONTWRITEBYTECODE": "1"}


def connections(ran: Ran, temporary: Path) -> list[Event]:
    """What went to the network; a socket in the folder of temporary files leads to a process of the same command."""
    return [event for event in ran.of("socket.") if not is_own_socket(event.values[0], temporary)]


def is_own_socket(address: object, temporary: Path) -> bool:
    if not isinstance(address, str):
        return False
    abstract = address.startswith("\0listener-")  # a name that only this machine knows, without a file
    return abstract or temporary.resolve() in Path(address).resolve().parents


def processes(ran: Ran, several: bool) -> list[Event]:
    """The processes that are not stated: `several` of them may train."""
    servers = {event.process for event in ran.of("begin") if "multiprocessing.forkserver" in str(event.values)}
    started = [event for event in ran.of("process") if not is_stated(event.values[0], several)]
    others = ran.of("os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "pty.", "os.startfile")
    return started + [event for event in others if event.kind != "os.fork" or event.process not in servers]


def is_stated(words: list[str], several: bool) -> bool:
    if words[0] == sys.executable:
        helper = any(HELPERS.match(word) for word in words)
        return helper or tuple(words[1:6]) == SEARCH or (several and tuple(words[1:6]) == MEMBER)
    return " ".join([Path(words[0]).name, *words[1:]]) in FINDERS


def unpickled(ran: Ran) -> list[Event]:
    return ran.of("pickle.find_class")


def writes(ran: Ran, folders: Sequence[Path], files: Sequence[Path] = ()) -> list[Event]:
    """What was written, made, renamed or removed elsewhere than below these folders, or beside these files."""
    changes = [event for event in ran.of("open", "os.") if event.kind not in ("os.fork", "os.exec", "os.posix_spawn")]
    return [event for event in changes if not is_allowed(Path(event.values[0]), folders, files)]


def is_allowed(path: Path, folders: Sequence[Path], files: Sequence[Path]) -> bool:
    if path == Path(os.devnull) or any(folder in (path, *path.parents) for folder in folders):
        return True
    return any(path == file or (path.parent == file.parent and PARTIAL.fullmatch(path.name)) for file in files)
