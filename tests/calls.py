"""How much work a piece of Python is, counted instead of timed: the same number on every machine."""

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls(work: Callable[[], object]) -> Counter[str]:
    """The functions that are called while it runs, and how often: Python's own and those written in C."""
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, thing: Any) -> None:
        if event == "call":
            found[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            found[thing.__qualname__] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return found
