"""What a training does when it is stop to stop: SIGINT (Ctrl-C) and SIGTERM (a cluster, a container, a shutdown)."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """The training was asked to stop; a process that ends by it leaves with 128 + `signal`.

    Like KeyboardInterrupt, it is no fault that a clause for any Exception should take for one of an image.
    """

    def __init__(self, signal: int) -> None:
        super().__init__(f"stopped by signal {signal}")
        self.signal = signal


class StopSignal:
    """Whether somebody has asked this process to stop.

    While `patient`, a signal is remembered until `check`, so that a step or a file that is being written ends first;
    otherwise it raises Stopped at once. A second signal ends the process where it is: the checkpoints stay whole.
    """

    def __init__(self) -> None:
        self.signal = 0
        self.patient = False

    def check(self) -> None:
        """Raises Stopped where a signal has come."""
        if self.signal:
            raise Stopped(self.signal)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.signal = number
        if not self.patient:
            raise Stopped(number)


@contextmanager
def stop_signal() -> Iterator[StopSignal]:
    """Listens for as long as it lasts. Signals that the parent process has told to ignore stay ignored (nohup), and
    outside the main thread, where Python hears none, nothing is changed.
    """
    stop = StopSignal()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield stop
    finally:
        for number, old in before.items():
            signal.signal(number, old)
