"""An audit hook in every Python process: what it does that a promise is about, as lines of JSON in $AUDIT_LOG.

Python imports this file when it starts, where its folder is in PYTHONPATH: in the command, its fork server, its
workers, and the processes of --nproc. What native code does raises no event.
"""

import _posixsubprocess  # by which the fork server and the resource tracker are started, without an event
import json
import os
import sys
from typing import Any

CONNECT = {"connect", "bind", "sendto", "getaddrinfo", "gethostbyname", "gethostbyaddr"}
NETWORK = {f"socket.{name}" for name in CONNECT}
PROCESS = {"os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn", "os.startfile"}
PATHS = {  # how many of the first arguments are paths, and where the descriptors of their folders stand
    "os.rename": (2, 2), "os.link": (2, 2), "os.symlink": (2, 2), "os.remove": (1, 1), "os.rmdir": (1, 1),
    "os.mkdir": (1, 2), "os.chmod": (1, 2), "os.chown": (1, 3), "os.utime": (1, 3), "os.truncate": (1, 2),
    "os.setxattr": (1, 4),
}  # fmt: skip
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PROTOCOL = ("multiprocessing/connection.py", "multiprocessing/spawn.py", "torch/distributed/distributed_c10d.py")

log = os.open(os.environ["AUDIT_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
start_process = _posixsubprocess.fork_exec


def note(kind: str, *values: object) -> None:
    line = json.dumps([os.getpid(), kind, *values], default=repr)
    os.write(log, f"{line}\n".encode())


def place(path: Any, folder: Any = -1) -> str:
    """The path with every link before its last part followed."""
    path = os.fsdecode(path)
    if isinstance(folder, int) and folder >= 0:
        path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)
    parent, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(parent), name)


def in_protocol() -> bool:
    """Whether the code that has something unpickled receives it from another process of the same command."""
    return sys._getframe(2).f_code.co_filename.replace("\\", "/").endswith(PROTOCOL)


def note_open(path: Any, mode: str | None, flags: int) -> None:
    if not isinstance(path, int) and (flags & WRITES or set(mode or "") & set("wax+")):
        note("open", os.path.realpath(os.fsdecode(path)))


def note_paths(event: str, values: tuple[Any, ...]) -> None:
    count, first = PATHS[event]
    for i in range(count):
        path = "" if isinstance(values[i], int) else place(values[i], *values[first + i : first + i + 1])
        if path and not (event == "os.mkdir" and os.path.lexists(path)):  # then it fails, and nothing is made
            note(event, path)


def audit(event: str, values: tuple[Any, ...]) -> None:
    if event == "open":
        note_open(*values)
    elif event in PATHS:
        note_paths(event, values)
    elif event in NETWORK:
        note(event, values[1] if event in ("socket.connect", "socket.bind", "socket.sendto") else values)
    elif event in PROCESS:
        note(event, *map(repr, values))
    elif event == "pickle.find_class" and not in_protocol():
        note(event, *values)


def start(words: Any, executables: Any, *rest: Any) -> int:
    note("process", [os.fsdecode(word) for word in words])
    return start_process(words, executables, *rest)


_posixsubprocess.fork_exec = start
note("begin", sys.orig_argv)
sys.addaudithook(audit)
