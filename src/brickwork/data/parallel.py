"""Work on every core that the process may use, with the results in order."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from brickwork.machine import cores

AHEAD = 32  # results for each core that wait for the one before them
Item = TypeVar("Item")


def map_in_order(work: Callable[[int], Item], count: int) -> Iterator[Item]:
    """The results for 0, 1, 2 ..., made on every core; Pillow lets other threads run as it decodes."""
    waiting: deque[Future[Item]] = deque()
    pool = ThreadPoolExecutor(cores())
    try:
        for number in range(count):
            waiting.append(pool.submit(work, number))
            if len(waiting) > AHEAD * cores():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
