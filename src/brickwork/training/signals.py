"""Stop signals of a training: SIGINT (Ctrl-C), SIGTERM (a cluster, a container, a shutdown), SIGHUP (a terminal)."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from brickwork.machine import drop_signal_stack

SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))  # Windows has none


class Stopped(BaseException):
    """The training was asked to stop by a signal; a process that ends by it leaves with 128 + `signal`.

    Like KeyboardInterrupt, it is no fault that a clause for any Exception should take for one of an image.
    """

    def __init__(self, signal: int) -> None:
        super().__init__(f"stopped by signal {signal}")
        self.signal = signal


class StopSignal:
    """Stop signal: whether this process was asked to stop, and by which signal.

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
def stop_signal(stop: StopSignal | None = None) -> Iterator[StopSignal]:
    """Handle stop signals while it lasts, by `stop` where it is given.

    Signals that the parent process has told to ignore stay ignored (nohup), and outside the main thread, where Python
    hears none, nothing is changed.
    """
    stop = stop or StopSignal()
    with handle_signals(stop):
        yield stop


@contextmanager
def handle_signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Has a function called for stop signals while it lasts; `stop_signal` says where it is not."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    drop_signal_stack()
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
