import threading
import time
from collections.abc import Iterator

import pytest

from brickwork.data import parallel
from brickwork.data.parallel import map_in_order


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "cores", lambda: 4)


def test_results_come_in_the_items_order_though_the_first_takes_longest() -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.05 if number == 0 else 0)
        return number * number

    assert list(map_in_order(slow_first, range(500))) == [number * number for number in range(500)]
    assert list(map_in_order(str.upper, ["a", "b"])) == ["A", "B"]
    assert list(map_in_order(str.upper, [])) == []


def test_as_many_items_are_in_work_at_once_as_there_are_cores() -> None:
    together = threading.Barrier(4)  # breaks after its timeout where fewer come
    assert list(map_in_order(lambda _: together.wait(timeout=10) >= 0, range(8))) == [True] * 8


@pytest.mark.parametrize(("ahead", "most"), [(None, 4 * parallel.AHEAD + 1), (10, 11), (0, 1)])
def test_items_are_taken_only_as_far_ahead_as_is_said(ahead: int | None, most: int) -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            taken.append(len(taken))
            yield taken[-1]

    results = map_in_order(lambda number: number, endless(), ahead=ahead)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert len(taken) == most + 2
    results.close()  # type: ignore[attr-defined]


def test_an_exception_comes_where_its_result_would_have() -> None:
    results = map_in_order(lambda number: 12 // number, [3, 2, 0, 1])
    assert [next(results), next(results)] == [4, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_whoever_leaves_early_waits_for_nothing_and_the_rest_is_cancelled() -> None:
    release, begun = threading.Event(), []

    def blocked(number: int) -> int:
        begun.append(number)
        assert number == 0 or release.wait(60)
        return number

    results = map_in_order(blocked, range(1000), ahead=100)
    try:
        assert next(results) == 0
        start = time.monotonic()
        results.close()  # type: ignore[attr-defined]
        assert time.monotonic() - start < 10
    finally:
        release.set()
    assert len(begun) <= 1 + 4  # of a hundred that were ahead


def test_no_thread_is_left_at_the_end() -> None:
    before = threading.active_count()
    assert len(list(map_in_order(str, range(100)))) == 100
    assert threading.active_count() == before
