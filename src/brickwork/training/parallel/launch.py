"""Starts the processes of a training on one machine, and starts them again from the last checkpoint if one dies.

Each is `brickwork train --resume RUN` with RANK and WORLD_SIZE in its environment, as torchrun sets them. Torch's own
launcher was tried in its place: it starts again after mistakes that a person has to mend, gives every exit code as 1,
and meets at a port, where these meet in a file.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from brickwork.errors import BrickworkError
from brickwork.machine import cores
from brickwork.training.parallel.group import LOST, RENDEZVOUS
from brickwork.training.parallel.watch import WATCHED
from brickwork.training.run.folder import Run
from brickwork.training.signals import SIGNALS, handle_signals

GRACE = 60.0  # seconds in which a process that was asked to stop may write its checkpoint
PAUSE = 0.05  # seconds between two looks at the processes


@dataclass(eq=False)
class Process:
    """One process of a training, and where its errors are kept until it is known whether they are to be shown."""

    rank: int
    popen: subprocess.Popen[bytes]
    errors: IO[bytes] | None  # the leader prints its own

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        code = self.popen.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return f"process {self.rank} {how}"

    def close(self) -> None:
        """Ends it, if it has not ended, and closes its files."""
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        for file in (self.popen.stdin, self.errors):
            if file:
                file.close()


@dataclass(eq=False)
class Launcher:
    """Launcher of a run's training by `count` processes; `words` are options of the command besides --resume."""

    run: Run
    count: int
    words: Sequence[str] = ()
    threads: int = 0  # of each process; 0 = its share of the cores
    restarts: int = 3  # after which it gives up, if no checkpoint was written in between
    tell: Callable[[str], None] = print
    signal: int = 0  # the stop signal that came
    died: str = ""  # which process died last, and how
    processes: list[Process] = field(default_factory=list)

    def launch(self) -> int:
        """Runs the training to its end; gives the exit code of its processes.

        Raises BrickworkError where processes die again and again with no step taken.
        """
        left, last = self.restarts, self.run.checkpoints.last_step()
        while True:
            code = self.attempt()
            if code is not None:
                return code
            step = self.run.checkpoints.last_step()
            left = self.restarts if step > last else left - 1
            last = step
            if left < 0:
                raise BrickworkError(
                    f"{self.run.path}: {self.died}, and {self.restarts} restarts have not brought it further. "
                    f"'brickwork train --resume {self.run.path}' goes on by one process."
                )
            self.tell(f"{self.died}; all go on from the last checkpoint")

    def attempt(self) -> int | None:
        """Starts all processes; their exit code, or None where one has died and they are to be started again."""
        with tempfile.TemporaryDirectory(prefix="brickwork-") as folder, handle_signals(self.forward):
            try:
                self.start(Path(folder) / "rendezvous")
                return self.watch()
            finally:
                for process in self.processes:
                    process.close()
                self.processes.clear()

    def start(self, rendezvous: Path) -> None:
        for rank in range(self.count):
            errors = tempfile.TemporaryFile() if rank else None  # noqa: SIM115
            popen = subprocess.Popen(
                self.command(),
                env=self.environment(rank, rendezvous),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL if rank else None,
                stderr=errors,
                start_new_session=True,  # a terminal's Ctrl-C comes here alone, and is handed on once
            )
            self.processes.append(Process(rank, popen, errors))

    def command(self) -> list[str]:
        return [sys.executable, "-P", "-m", "brickwork", "train", "--resume", str(self.run.path), *self.words]

    def environment(self, rank: int, rendezvous: Path) -> Mapping[str, str]:
        number = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": self.count, "LOCAL_WORLD_SIZE": self.count}
        threads = self.threads or max(1, cores() // self.count)
        return {
            "OMP_NUM_THREADS": str(threads),
            **({"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}),
            **os.environ,
            **{name: str(value) for name, value in number.items()},
            RENDEZVOUS: rendezvous.as_uri(),
            WATCHED: "1",
        }

    def watch(self) -> int | None:
        """Waits until all have ended well, or one has not; see `attempt`."""
        while True:
            ended = [process for process in self.processes if process.popen.poll() is not None]
            if bad := [process for process in ended if process.popen.returncode]:
                return self.settle(bad)
            if len(ended) == len(self.processes):
                return 0
            time.sleep(PAUSE)

    def settle(self, bad: list[Process]) -> int | None:
        """What becomes of the training once a process has not ended well."""
        stopped = [process.popen.returncode for process in bad if process.popen.returncode - 128 in SIGNALS]
        self.wait_for_others(GRACE if stopped or self.signal else 1.0)
        codes = {process.rank: process.popen.poll() for process in self.processes}
        if stopped or self.signal:
            return stopped[0] if stopped else 128 + self.signal
        if (mistake := BrickworkError.exit_code) in codes.values():  # to start again would not help
            self.show_errors(mistake)
            return mistake
        died = [process for process in self.processes if codes[process.rank] not in (None, 0, LOST)] or bad
        self.show_errors(1)
        self.died = died[0].ending
        return None

    def wait_for_others(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(process.popen.poll() is None for process in self.processes):
            time.sleep(PAUSE)

    def show_errors(self, code: int) -> None:
        """Shows what a process said that ended with a code, unless the leader, whose errors are seen, says it, too."""
        if self.processes[0].popen.poll() == code:
            return
        for process in self.processes[1:]:
            if process.popen.poll() == code and process.errors:
                process.errors.seek(0)
                self.tell(process.errors.read().decode("utf-8", "replace").strip())
                return

    def forward(self, number: int, frame: FrameType | None) -> None:
        """Hands a stop signal on to all processes; a second one ends them where they are."""
        again, self.signal = bool(self.signal), number
        for process in self.processes:
            if process.popen.poll() is None:
                process.popen.send_signal(signal.SIGKILL if again else number)
