"""Map over items on every core that the process may use, with the results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from brickwork.machine import cores

AHEAD = 32  # results for each core that wait for the one before them
Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], *, ahead: int | None = None
) -> Iterator[Result]:
    """The function's result for each item, in the items' order, computed ahead in a thread for each core.

    Items are taken as they are needed: at most `ahead` results (32 for each core) wait for the one before them. An
    exception comes where its result would have. Whoever leaves early (break, an exception, Ctrl-C) waits for nothing:
    what was not begun is cancelled. Threads are enough, as Pillow, zlib and hashlib let others run meanwhile.
    """
    workers = cores()
    limit = AHEAD * workers if ahead is None else ahead
    pending: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > limit:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=not pending, cancel_futures=True)  # at the end no thread is left, as a fork wants it
