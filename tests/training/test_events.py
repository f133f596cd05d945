import time
from dataclasses import replace

import pytest

from brickwork.machine import cores
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import (
    FIRST,
    LONG,
    CoreAdvice,
    EpochEnd,
    Event,
    Step,
    clock,
    speed_advice,
    threads_to_advise_on,
)
from brickwork.training.run.folder import Epoch

PLAIN = Recipe()


def epoch(waiting: float, validating: float) -> Epoch:
    return Epoch(1, 1.0, 1.0, 0.5, 0.1, 1.0, 100.0, waiting, validating)


@pytest.mark.parametrize(
    ("waiting", "validating", "advice"),
    [(0.3, 0.0, "--cache always would help"), (0.0, 0.4, "fewer images to validate with"), (0.1, 0.1, "")],
)
def test_what_would_help_is_said_where_much_time_is_lost(waiting: float, validating: float, advice: str) -> None:
    said = speed_advice(epoch(waiting, validating), LONG, PLAIN, kept=False)
    assert advice in said
    assert bool(said) == bool(advice)


def test_nothing_is_advised_that_could_not_help() -> None:
    waits = epoch(0.9, 0.0)
    assert speed_advice(waits, LONG - 1, PLAIN, kept=False) == ""  # an epoch of seconds
    assert speed_advice(waits, LONG, PLAIN, kept=True) == ""  # images are kept, workers chosen by the program
    assert speed_advice(waits, LONG, replace(PLAIN, workers=cores()), kept=True) == ""
    one = replace(PLAIN, workers=0)
    assert "more --workers would help" in speed_advice(waits, LONG, one, kept=True)
    assert "more --workers or --cache always would help" in speed_advice(waits, LONG, one, kept=False)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (75, "1:15"), (3599, "59:59"), (3864, "1:04:24")]
)
def test_times_are_written_as_a_clock_shows_them(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_lines_of_long_trainings_fit_into_80_columns() -> None:
    metrics = Epoch(100, 2.1234, 1.0, 0.9876, 0.1, 90_000.0, 12_345.0)
    end = EpochEnd(metrics, epochs=300, steps=15_640, seconds_left=35_199.0)
    step = Step(100, 300, 15_000, 15_640, 2.1234, 12_345.0, 35_199.0)
    assert end.text == "epoch 100 of 300: loss 2.123, val accuracy 98.76%, 12,345 images/s, 9:46:39 left"
    assert step.text == "epoch 100, step 15000 of 15640: loss 2.123, 12,345 images/s, 9:46:39 left"
    assert max(map(len, (end.text, step.text))) <= 80


def core_advice(
    monkeypatch: pytest.MonkeyPatch, others: float, threads: int = 2, steps: int = 10_000
) -> tuple[CoreAdvice, list[str]]:
    """Advice on a machine of 8 cores with so many other processes that want one, and what it says."""
    monkeypatch.setattr("brickwork.training.events.other_processes", lambda: others)
    monkeypatch.setattr("brickwork.training.events.cores", lambda: 8)
    said: list[str] = []

    def listen(event: Event) -> None:
        said.append(event.text)

    return CoreAdvice(threads, steps, listen), said


@pytest.mark.parametrize(
    ("others", "threads", "said"),
    [(0.0, 8, ""), (2.0, 8, ""), (3.0, 8, "--threads 5"), (20.0, 8, "--threads 1"), (3.0, 2, "--threads 1"),
     (20.0, 1, ""), (20.0, 0, "")],
)  # fmt: skip
def test_busy_cores_are_said_before_the_first_step_where_fewer_threads_may_help(
    monkeypatch: pytest.MonkeyPatch, others: float, threads: int, said: str
) -> None:
    advice, heard = core_advice(monkeypatch, others, threads)
    advice.begin()
    assert heard == ([f"Other processes use the cores: {said} may be faster."] if said else [])


@pytest.mark.parametrize(
    ("share", "said"), [(0.9, None), (0.71, None), (0.4, "--threads 3"), (0.1, "--threads 1")]
)  # fmt: skip
def test_steps_that_had_little_of_the_cores_time_are_said_once(
    monkeypatch: pytest.MonkeyPatch, share: float, said: str | None
) -> None:
    advice, heard = core_advice(monkeypatch, 0.0, threads=8)
    advice.begin()
    advice.add(wall=9.0, cpu=0.0)  # the very first makes room: it is not counted
    for _ in range(FIRST - 1):
        advice.add(wall=0.1, cpu=0.8 * share)
    assert heard == []
    for _ in range(3 * FIRST):
        advice.add(wall=0.1, cpu=0.8 * share)
    words = f"The first {FIRST} steps had {share:.0%} of the cores' time: {said} may be faster."
    assert heard == ([words] if said else [])


def test_slow_steps_are_judged_before_there_are_many_and_short_trainings_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    advice, heard = core_advice(monkeypatch, 0.0)
    for _ in range(4):
        advice.add(wall=16.0, cpu=16.0)
    assert heard == ["The first 2 steps had 50% of the cores' time: --threads 1 may be faster."]
    short, heard = core_advice(monkeypatch, 0.0, steps=3 * FIRST)
    for _ in range(3 * FIRST):
        short.add(wall=LONG / 3 / FIRST, cpu=0.0)
    assert heard == []


def test_what_was_said_before_the_first_step_is_not_said_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    advice, heard = core_advice(monkeypatch, 7.0)
    advice.begin()
    for _ in range(2 * FIRST):
        with advice.step():
            pass
        advice.add(wall=1.0, cpu=0.1)
    assert len(heard) == 1


def test_a_step_is_timed_by_the_processor_and_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    advice, _ = core_advice(monkeypatch, 0.0)
    with advice.step():
        pass
    with advice.step():
        time.sleep(0.05)  # takes no processor
    assert 0.05 <= advice.wall < 5
    assert advice.cpu < 0.04


def test_nothing_is_advised_where_the_threads_were_chosen_or_the_cores_do_not_compute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert threads_to_advise_on(PLAIN, "cpu", 2) == 2
    assert threads_to_advise_on(PLAIN, "cuda", 2) == 0
    assert threads_to_advise_on(replace(PLAIN, threads=2), "cpu", 2) == 0
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert threads_to_advise_on(PLAIN, "cpu", 2) == 0
