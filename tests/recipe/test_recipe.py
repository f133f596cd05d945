from dataclasses import fields
from typing import get_type_hints

import pytest

from brickwork.errors import BrickworkError
from brickwork.recipe.recipe import BOUNDS, Numbers, Recipe, helps, parse_numbers, recipe_from_toml, sections


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(epochs=3, batch=7, optimizer="adamw", lr=3e-4, weight_decay=0.05, schedule="cosine", flip=False),
        Recipe(precision="bf16", init="xavier", crop=4, warmup=0.0, seed=2**40),
        Recipe(lr=1e-12, label_smoothing=0.0, momentum=0.0),
        Recipe(schedule="step", milestones=(0.3, 0.6, 0.8), factor=(0.2, 0.1, 0.5), freeze=-1),
    ],
)
def test_toml_gives_the_same_recipe_back(recipe: Recipe) -> None:
    assert recipe_from_toml(recipe.toml()) == recipe


def test_what_is_left_out_has_its_default() -> None:
    assert recipe_from_toml("epochs = 3") == Recipe(epochs=3)


def test_every_field_has_a_meaning_and_it_stands_in_the_toml() -> None:
    assert list(helps()) == [field.name for field in fields(Recipe)]
    assert "lr = 0.1  # the highest learning rate of the schedule\n" in Recipe().toml()


def test_every_field_stands_under_one_heading() -> None:
    assert [name for names in sections().values() for name in names] == [field.name for field in fields(Recipe)]
    assert "\n\n# Images\nfit = " in Recipe().toml()


def test_every_number_has_bounds() -> None:
    numeric = {name for name, kind in get_type_hints(Recipe).items() if kind in (int, float, Numbers)}
    assert set(BOUNDS) == numeric


@pytest.mark.parametrize("text", ["0.5,0.75", "0.5 0.75", " .5, 7.5e-1"])
def test_numbers_are_written_with_commas_or_blanks(text: str) -> None:
    assert parse_numbers(text) == (0.5, 0.75)


def test_words_are_no_numbers() -> None:
    with pytest.raises(BrickworkError, match=r"'0.5;1' is no list of numbers: write them as 0.5, 0.75\."):
        parse_numbers("0.5;1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "recipe: there is no 'epoch': did you mean 'epochs'?"),
        ("epochs = 'three'", "recipe: epochs is a whole number, not 'three'."),
        ("epochs = 2.5", "recipe: epochs is a whole number, not 2.5."),
        ("epochs = 0", "recipe: epochs is between 1 and 1e+06, not 0."),
        ("batch = 1000001", "recipe: batch is between 1 and 1e+06, not 1000001."),
        ("lr = nan", "recipe: lr is between 1e-12 and 1e+06, not nan."),
        ("lr = true", "recipe: lr is a number, not True."),
        ("flip = 1", "recipe: flip is true or false, not 1."),
        ("optimizer = 'adam'", "recipe: optimizer is one of sgd, adamw, rmsprop, muon, not 'adam'."),
        ("milestones = 0.5", "recipe: milestones is a list of numbers, not 0.5."),
        ("milestones = [0.5, 2]", "recipe: milestones is between 0 and 1, not 2."),
        ("milestones = [0.5, 0.5]", "recipe: milestones rise, as 0.5, 0.75 do: 0.5, 0.5 do not."),
        ("factor = [0.1, 0.2, 0.3]", "recipe: factor is one number or one for each of the 2 milestones, not 3."),
    ],
)
def test_a_wrong_recipe_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(BrickworkError) as error:
        recipe_from_toml(text)
    assert str(error.value) == message


def test_a_text_that_is_no_toml_says_where() -> None:
    with pytest.raises(BrickworkError, match=r"this is no TOML: .*line 1"):
        recipe_from_toml("epochs 3")
