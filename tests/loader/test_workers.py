import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import forkserver
from pathlib import Path

import numpy as np
import pytest
import torch

import bars
import pictures
from brickwork.data import open_data
from brickwork.data.cache.pack import Pack
from brickwork.data.dataset import Images
from brickwork.data.images.decode import Unreadable
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.loader.collate import BatchReader, BatchRequest, InProcess, LoadedBatch
from brickwork.loader.transforms import ImageTransform, Sample
from brickwork.loader.workers import Workers
from brickwork.model import load
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import Event, Step
from brickwork.training.train import resume, train

PREPROCESSING = Preprocessing(1, 4, 4, (0.5,), (0.25,))


class Numbers:
    """Image number i holds i; some numbers have something the matter with them."""

    def image(self, i: int) -> Images:
        if i == 101:
            raise Unreadable("101.png", "truncated")
        if i == 102:
            raise ZeroDivisionError("a bug")
        if i == 103:
            raise BrickworkError("mend it.")
        if i == 104:
            time.sleep(600)
        return np.full((4, 4, 1), i, np.uint8)


SINGLE = ImageTransform(Numbers(), PREPROCESSING, Recipe())


def tasks(*batches: list[int]) -> list[BatchRequest]:
    return [
        BatchRequest(number, 1, tuple(Sample(sample, sample, False, 0, 0) for sample in samples))
        for number, samples in enumerate(batches)
    ]


PLAIN = tasks(*([3 * number, 3 * number + 1, 3 * number + 2] for number in range(7)))


def seen(filled: LoadedBatch) -> tuple[int, list[int], list[int]]:
    return filled.number, filled.images[:, 0, 0, 0].tolist(), filled.rows


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(SINGLE, batch=3, count=2)
    yield made
    made.close()


def test_batches_come_in_the_order_of_the_tasks_whoever_reads_them(workers: Workers) -> None:
    expected = [(number, [3 * number, 3 * number + 1, 3 * number + 2], [0, 1, 2]) for number in range(7)]
    readers: list[BatchReader] = [InProcess(SINGLE, batch=3), workers]
    for each in readers:
        assert [seen(filled) for filled in each.read(PLAIN)] == expected
        assert [seen(filled) for filled in each.read(PLAIN[:1])] == expected[:1]
        assert not list(each.read([]))


def test_an_epoch_that_is_left_in_its_middle_leaves_nothing_in_the_next(workers: Workers) -> None:
    for filled in workers.read(PLAIN):
        if filled.number == 1:
            break
    assert [seen(filled)[1] for filled in workers.read(tasks([9, 8], [7]))] == [[9, 8], [7]]


def test_an_image_that_cannot_be_read_is_left_out_and_told(workers: Workers) -> None:
    (filled,) = workers.read(tasks([5, 101, 6]))
    assert seen(filled) == (0, [5, 6], [0, 2])
    assert filled.faults == [(101, "truncated")]


def test_what_goes_wrong_in_a_worker_is_told_here(workers: Workers) -> None:
    with pytest.raises(BrickworkError, match=r"^mend it\.$"):
        list(workers.read(tasks([103])))
    with pytest.raises(RuntimeError, match="ZeroDivisionError: a bug"):
        list(workers.read(tasks([1], [102])))
    assert [seen(filled)[1] for filled in workers.read(tasks([4]))] == [[4]]


def test_a_killed_worker_is_told_at_once_and_by_its_number(workers: Workers) -> None:
    first, second = (worker.process for worker in workers.workers)
    assert second.pid
    began = time.monotonic()
    batches = workers.read(tasks([1], [2], [104], [3]))  # the third would take ten minutes
    assert [next(batches).number, next(batches).number] == [0, 1]
    os.kill(second.pid, signal.SIGKILL)
    with pytest.raises(BrickworkError) as error:
        next(batches)
    assert str(error.value) == (
        f"process {second.pid}, which read images, was killed, perhaps for lack of memory: lower workers or batch."
    )
    assert time.monotonic() - began < 20
    assert first.is_alive()


def test_signals_to_the_whole_group_do_not_end_workers(workers: Workers) -> None:
    list(workers.read(PLAIN))
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    for pid in (server, *(worker.process.pid for worker in workers.workers)):
        for each in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, each)
    time.sleep(0.2)
    assert len(list(workers.read(PLAIN))) == 7


def test_closing_ends_the_processes_also_those_at_work() -> None:
    made = Workers(SINGLE, batch=1, count=2)
    processes = [worker.process for worker in made.workers]
    batches = made.read(tasks([1], [104], [2], [3]))
    next(batches)
    made.close()
    assert not any(process.is_alive() for process in processes)
    made.close()


def test_pixels_in_memory_are_shared_and_not_sent() -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 1), np.uint8)
    pack = Pack(images.ravel(), np.full((50, 2), 4), np.arange(50), np.zeros((1, 256), np.int64))
    made = Workers(replace(SINGLE, source=pack), batch=3, count=1)
    try:
        (filled,) = made.read(tasks([7, 49, 0]))
        assert np.array_equal(filled.images, images[[7, 49, 0]])
    finally:
        made.close()


PARENT = """
import sys
from test_workers import SINGLE, PLAIN
from brickwork.loader.workers import Workers
if __name__ == "__main__":
    workers = Workers(SINGLE, batch=3, count=2)
    list(workers.read(PLAIN))
    print(*(worker.process.pid for worker in workers.workers), flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
def test_workers_do_not_outlive_the_training(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1]), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout
        pids = parent.stdout.readline().split()
        assert len(pids) == 2
        parent.kill()
    deadline = time.monotonic() + 20
    while any(alive(int(pid)) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(int(pid)) for pid in pids)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class KillAt:
    """Kills a worker at a step, as a system does that has run out of memory."""

    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self, news: Event) -> None:
        if isinstance(news, Step) and (news.epoch, news.step) == (2, self.step):
            for process in multiprocessing.active_children():
                process.kill()


def test_a_training_whose_workers_are_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    data = open_data(str(pictures.folder(tmp_path / "photographs", count=16)))
    network = replace(bars.network(classes=2), input=(3, 16, 16))
    recipe = replace(bars.QUICK, batch=4, epochs=2, scale=0.5, workers=2, checkpoint=3)
    whole = train(network, data, recipe, out=tmp_path / "whole", listener=bars.silent)
    with pytest.raises(BrickworkError, match=r"which read images, was killed.*'brickwork train --resume .*cut'"):
        train(network, data, recipe, out=tmp_path / "cut", listener=KillAt(4))
    assert not multiprocessing.active_children()
    resumed = resume(tmp_path / "cut", listener=bars.silent, dataset=data)
    one, other = (load(result.model).model.state_dict() for result in (whole, resumed))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
