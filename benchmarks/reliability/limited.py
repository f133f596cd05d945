"""Files that are looked at one by one in a child process, so that none can take the others with it.

A child that says nothing for too long is killed, and the file that it was at has hung; one that dies has crashed.
"""

from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

Look = Callable[[Path], object]
HUNG, DIED = "hung", "died"


def looked_at(look: Look, files: Sequence[Path], seconds: float) -> Iterator[tuple[object, float]]:
    """What `look` gives for each file, or HUNG or DIED, and the seconds that it took."""
    at = 0
    while at < len(files):
        for answer in one_child(look, files[at:], seconds):
            yield answer
            at += 1


def one_child(look: Look, files: Sequence[Path], seconds: float) -> Iterator[tuple[object, float]]:
    """As far as one child comes; the last answer may be HUNG or DIED."""
    context = get_context("fork")  # it looks in the same way wherever `look` was written
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(look, files, theirs))
    child.start()
    theirs.close()
    try:
        for _ in files:
            begun = perf_counter()
            if not ours.poll(seconds):
                yield HUNG, perf_counter() - begun
                return
            try:
                yield ours.recv()
            except EOFError:
                yield DIED, perf_counter() - begun
                return
    finally:
        child.kill()
        child.join()
        ours.close()


def work(look: Look, files: Sequence[Path], answers: Connection) -> None:
    for file in files:
        begun = perf_counter()
        answers.send((look(file), perf_counter() - begun))
