from dataclasses import dataclass
from math import nan

import pytest

from brickwork.errors import BrickworkError
from brickwork.recipe.option import (
    Numbers,
    by_heading,
    check_bounds,
    check_type,
    number_list,
    option,
    options_of,
    parse_numbers,
)


@dataclass(frozen=True)
class Oven:
    """Three fields under two headings."""

    heat: float = option(200.0, "degrees", low=20, high=300, heading="Baking")
    steps: Numbers = option((0.5,), "shares of the time", low=0, high=1)
    fan: bool = option(True, "moves the air", heading="Air")


HEAT, STEPS, FAN = options_of(Oven)


def test_an_option_is_a_fields_name_type_default_help_and_bounds() -> None:
    assert (HEAT.name, HEAT.type, HEAT.default, HEAT.help, HEAT.low, HEAT.high) == (
        "heat", float, 200.0, "degrees", 20, 300,
    )  # fmt: skip
    assert (FAN.low, FAN.high) == (None, None)
    assert Oven() == Oven(200.0, (0.5,), True)


def test_a_heading_holds_for_the_fields_below_it() -> None:
    assert by_heading(options_of(Oven)) == {"Baking": [HEAT, STEPS], "Air": [FAN]}


@pytest.mark.parametrize("value", [19.9, 301, nan, (1.0, 20.0)])
def test_numbers_out_of_bounds_and_nan_are_refused(value: object) -> None:
    with pytest.raises(BrickworkError, match="recipe: heat is between 20 and 300, not"):
        check_bounds(HEAT, value)


@pytest.mark.parametrize("value", [20, 300.0])
def test_bounds_belong_to_what_is_allowed(value: float) -> None:
    check_bounds(HEAT, value)


def test_a_whole_number_is_a_number_and_true_is_none() -> None:
    check_type(HEAT, 30)
    with pytest.raises(BrickworkError, match=r"^recipe: heat is a number, not True\.$"):
        check_type(HEAT, True)


@pytest.mark.parametrize("value", [(), [0.5], (0.5, "1"), 0.5])
def test_a_list_of_numbers_is_a_tuple_of_at_least_one(value: object) -> None:
    with pytest.raises(BrickworkError, match="steps is a list of numbers"):
        check_type(STEPS, value)


@pytest.mark.parametrize("text", ["0.5,0.75", "0.5 0.75", " .5, 7.5e-1"])
def test_numbers_are_written_with_commas_or_blanks(text: str) -> None:
    assert parse_numbers(text) == (0.5, 0.75)
    assert number_list(parse_numbers(text)) == "0.5, 0.75"


def test_words_are_no_numbers() -> None:
    with pytest.raises(BrickworkError, match=r"'0.5;1' is no list of numbers: write them as 0.5, 0.75\."):
        parse_numbers("0.5;1")
