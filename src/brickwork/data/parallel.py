"""Map over items in several threads, with the results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from brickwork.machine import cores

AHEAD = 32  # results for each thread that wait for the one before them
Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], *, ahead: int | None = None, threads: int = 0
) -> Iterator[Result]:
    """The function's result for each item, in the items' order, computed ahead in so many threads (0: one a core).

    Items are taken as they are needed: at most `ahead` results (32 a thread) wait for the one before them. An
    exception comes where its result would have. Whoever leaves early (break, an exception, Ctrl-C) waits for nothing:
    what was not begun is cancelled. Threads are enough, as Pillow, zlib and hashlib let others run meanwhile.
    """
    threads = threads or cores()
    limit = AHEAD * threads if ahead is None else ahead
    pending: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > limit:
                yield take_first(pending)
        while pending:
            yield take_first(pending)
    finally:
        pool.shutdown(wait=not pending, cancel_futures=True)  # at the end no thread is left, as a fork wants it


def take_first(pending: deque[Future[Result]]) -> Result:
    """The first result, which stays among the pending ones until it is there: whoever leaves then waits for nothing."""
    result = pending[0].result()
    pending.popleft()
    return result


def hold_fault(items: Iterable[Item]) -> Iterator[Item | Exception]:
    """The items, and in the place of the next one what went wrong in finding it."""
    try:
        yield from items
    except Exception as fault:
        yield fault
