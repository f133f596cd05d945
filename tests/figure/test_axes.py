"""Scales, ticks and grid lines."""

import pytest

from brickwork.figure import AxisScale, grid_lines, tick_format, ticks


def test_a_scale_puts_its_ends_where_they_belong_also_downwards() -> None:
    up = AxisScale(10, 20, 300, 100)
    assert [up(10), up(15), up(20)] == [300, 200, 100]


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0.62, 1.31, [0.6, 0.8, 1.0, 1.2, 1.4]),
        (0.0, 1.0, [0.0, 0.5, 1.0]),
        (3.0, 41.0, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]),
        (-0.02, 0.03, [-0.02, 0.0, 0.02, 0.04]),
    ],
)
def test_ticks_are_round_and_cover_the_values(low: float, high: float, found: list[float]) -> None:
    assert ticks(low, high) == found


def test_ticks_of_one_value_lie_around_it() -> None:
    marks = ticks(0.5, 0.5)
    assert marks[0] <= 0.5 < marks[-1]


def test_ticks_of_nothing_but_zeros_have_a_length() -> None:
    assert ticks(0.0, 0.0)[-1] > 0


@pytest.mark.parametrize(
    ("marks", "form", "found"),
    [
        ((0.6, 0.8), ".3f", "0.6"),
        ((0.6, 0.65), ".3f", "0.60"),
        ((0.6, 0.8), ".2%", "60%"),
        ((0.6, 0.605), "%", "60.0%"),
        ((0.5, 0.50995), "%", "50.0%"),  # not quite one per cent
    ],
)
def test_a_tick_has_the_decimals_that_its_step_needs(marks: tuple[float, float], form: str, found: str) -> None:
    assert f"{marks[0]:{tick_format(marks, form)}}" == found


def test_a_grid_line_has_its_number_at_its_height() -> None:
    line, number = grid_lines(AxisScale(0, 2, 100, 0), (1.0, 2.0), 50, 150, ".1f")[::2]
    assert line == '<line x1="50.0" y1="50.0" x2="150.0" y2="50.0" class="grid"/>'
    assert number == '<text x="42.0" y="54.0" class="soft" text-anchor="end">1</text>'
