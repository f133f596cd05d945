from dataclasses import replace

import pytest

from brickwork.machine import cores
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import LONG, EpochEnd, Step, clock, speed_advice
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
