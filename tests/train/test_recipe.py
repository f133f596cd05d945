from dataclasses import fields

import pytest

from brickwork.errors import BrickworkError
from brickwork.train.recipe import Recipe, helps, read


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(epochs=3, batch=7, optimizer="adamw", lr=3e-4, weight_decay=0.05, schedule="cosine", flip=False),
        Recipe(precision="bf16", init="xavier", crop=4, warmup=0.0, seed=2**40),
        Recipe(lr=1e-12, label_smoothing=0.0, momentum=0.0),
    ],
)
def test_toml_gives_the_same_recipe_back(recipe: Recipe) -> None:
    assert read(recipe.toml()) == recipe


def test_what_is_left_out_has_its_default() -> None:
    assert read("epochs = 3") == Recipe(epochs=3)


def test_every_field_has_a_meaning_and_it_stands_in_the_toml() -> None:
    assert list(helps()) == [field.name for field in fields(Recipe)]
    assert "lr = 0.1  # the highest learning rate of the schedule\n" in Recipe().toml()


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
        ("optimizer = 'adam'", "recipe: optimizer is one of sgd, adamw, not 'adam'."),
    ],
)
def test_a_wrong_recipe_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(BrickworkError) as error:
        read(text)
    assert str(error.value) == message


def test_a_text_that_is_no_toml_says_where() -> None:
    with pytest.raises(BrickworkError, match=r"this is no TOML: .*line 1"):
        read("epochs 3")
