from dataclasses import asdict, fields
from pathlib import Path

import pytest

from brickwork.errors import BrickworkError
from brickwork.recipe.option import Numbers, options_of
from brickwork.recipe.recipe import Recipe, recipe_from, recipe_from_toml


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


def test_every_field_has_a_help_that_stands_in_the_toml() -> None:
    assert [each.name for each in options_of(Recipe) if not each.help] == []
    assert "lr = 0.1  # the highest learning rate of the schedule\n" in Recipe().toml()
    assert "accumulate = 1  # gradient accumulation: " in Recipe().toml()
    assert "clip = 0.0  # max gradient norm, " in Recipe().toml()


def test_every_field_stands_in_the_toml_under_its_heading() -> None:
    lines = [line for line in Recipe().toml().splitlines() if line]
    assert [line[2:] for line in lines if line.startswith("# ")] == [
        "Optimizer", "Learning rate", "Loss and sampling", "Images and augmentation", "Batch norm",
        "Initial weights and fine-tuning",
        "Precision, data loading, checkpoints",
    ]  # fmt: skip
    assert [line.split(" = ")[0] for line in lines if not line.startswith("# ")] == [
        field.name for field in fields(Recipe)
    ]
    assert "\n\n# Images and augmentation\nfit = " in Recipe().toml()


BOUNDS = {  # written out a second time, so that a slip of the hand beside a field does not pass
    (1, 1e6): ["epochs", "batch", "accumulate", "ghost"],
    (0, 1e6): ["clip", "patience", "unfreeze"],
    (0, 100): ["power", "gamma", "mixup", "cutmix"],
    (0, 1): ["warmup", "milestones", "color", "erasing"],
    (0, 0.999): ["momentum", "label_smoothing"],
    (-1, 1e3): ["freeze", "workers"],
    (1e-3, 1): ["scale", "layer_decay"],
    (0, 1e3): ["weight_decay", "threads"],
    (0, 0.999999): ["ema"],
    (1e-12, 1e6): ["lr"],
    (1e-6, 1e6): ["factor"],
    (1e-3, 1e6): ["period"],
    (0, 1e4): ["crop"],
    (0.1, 1): ["resize_from"],
    (1e-3, 0.95): ["memory"],
    (1, 1e9): ["checkpoint"],
    (1e-3, 0.9): ["validation"],
    (0, 2**63 - 1): ["seed"],
    (-1, 1e9): ["window"],
}


def test_every_number_has_its_bounds_and_nothing_else_has() -> None:
    numeric = {each.name for each in options_of(Recipe) if each.type in (int, float, Numbers)}
    bounds = {each.name: (each.low, each.high) for each in options_of(Recipe) if each.low is not None}
    assert set(bounds) == numeric
    assert bounds == {name: limits for limits, names in BOUNDS.items() for name in names}


def test_the_default_is_what_small_images_were_measured_with() -> None:
    """Whoever changes a default here changes what `brickwork train` gives, and the README's numbers."""
    steps = {"epochs": 8, "batch": 64, "accumulate": 1, "reduce": "all"}
    optimizer = {"optimizer": "sgd", "momentum": 0.9, "nesterov": True}
    decay = {"weight_decay": 5e-4, "decay": "weights", "clip": 0.0, "ema": 0.0}
    rate = {"lr": 0.1, "schedule": "onecycle", "warmup": 0.25, "patience": 0}
    falls = {"milestones": (0.5, 0.75), "factor": (0.1,), "period": 2.0, "power": 0.5}
    norms = {"norm": "torch", "ghost": 32}
    loss = {"loss": "cross_entropy", "gamma": 2.0, "label_smoothing": 0.1}
    classes = {"class_weights": "none", "sampling": "shuffled", "window": -1}
    images = {
        "fit": "crop",
        "range": "file",
        "flip": True,
        "crop": 0,
        "scale": 1.0,
        "color": 0.0,
        "policy": "none",
        "resize_from": 1.0,
    }
    mixing = {"mixup": 0.0, "cutmix": 0.0, "erasing": 0.0}
    start = {"init": "", "weights": "", "freeze": 0, "unfreeze": 0, "layer_decay": 1.0, "seed": 0}
    work = {"precision": "auto", "compile": False, "workers": -1, "threads": 0, "cache": "auto", "memory": 0.25}
    files = {"checkpoint": 500, "validation": 0.05}
    parts = (steps, optimizer, decay, rate, falls, norms, loss, classes, images, mixing, start, work, files)
    assert asdict(Recipe()) == {name: value for part in parts for name, value in part.items()}


@pytest.mark.parametrize("name", ["warmup", "milestones", "scale", "color", "erasing", "resize_from", "layer_decay"])
def test_shares_and_probabilities_end_at_one(name: str) -> None:
    highest, above = ([1.0], [1.001]) if name == "milestones" else (1.0, 1.001)
    assert recipe_from({name: highest})
    with pytest.raises(BrickworkError, match=rf"recipe: {name} is between \S+ and 1, not 1.001"):
        recipe_from({name: above})


@pytest.mark.parametrize("name", ["epochs", "batch", "accumulate", "checkpoint"])
def test_counts_begin_at_one(name: str) -> None:
    assert recipe_from({name: 1})
    with pytest.raises(BrickworkError, match=rf"recipe: {name} is between 1 and \S+, not 0"):
        recipe_from({name: 0})


@pytest.mark.parametrize("name", ["freeze", "workers"])
def test_minus_one_stands_for_all_or_for_as_many_as_help(name: str) -> None:
    assert recipe_from({name: -1})
    with pytest.raises(BrickworkError, match=rf"recipe: {name} is between -1 and 1000, not -2"):
        recipe_from({name: -2})


@pytest.mark.parametrize(
    "name",
    [
        *("momentum", "weight_decay", "clip", "ema", "warmup", "power", "patience", "gamma", "label_smoothing"),
        *("crop", "color", "mixup", "cutmix", "erasing", "unfreeze", "seed"),
    ],
)
def test_zero_switches_off_what_it_can(name: str) -> None:
    assert getattr(recipe_from({name: 0}), name) == 0
    with pytest.raises(BrickworkError, match=rf"recipe: {name} is between 0 and \S+, not -1"):
        recipe_from({name: -1})


def test_the_repr_says_what_differs_from_the_default() -> None:
    assert repr(Recipe()) == "Recipe()"
    assert repr(Recipe(epochs=3, flip=False, factor=(0.5,))) == "Recipe(epochs=3, factor=(0.5,), flip=False)"
    recipe = Recipe(lr=0.05, schedule="step", weights="resnet18.tv_in1k")
    assert eval(repr(recipe)) == recipe


def test_a_repr_stays_short_whatever_differs() -> None:
    recipe = Recipe(init="x" * 200, weights="y" * 500, epochs=3)
    assert repr(recipe).startswith("Recipe(epochs=3, init='xxx")
    assert repr(recipe).endswith("...)")
    assert len(repr(recipe)) < 400


@pytest.mark.parametrize("kind", [str, Path])
def test_a_recipe_is_read_from_a_file(tmp_path: Path, kind: type) -> None:
    (tmp_path / "own.toml").write_text(Recipe(epochs=3, lr=0.05).toml())
    assert Recipe.read(kind(tmp_path / "own.toml")) == Recipe(epochs=3, lr=0.05)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the recipe own.toml cannot be read: No such file or directory."),
        (b"\xff\xfe\x00", "the recipe own.toml is no text in UTF-8."),
        (b"epochs = 0", "recipe: epochs is between 1 and 1e+06, not 0."),
        (b'extends = "fast"', "own.toml extends 'fast', as suits a network: recipe_for reads it."),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("own.toml").write_bytes(content)
    with pytest.raises(BrickworkError) as error:
        Recipe.read("own.toml")
    assert str(error.value) == message


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


def test_a_file_of_weights_may_be_a_path() -> None:
    assert recipe_from({"weights": Path("a/b.pth")}) == Recipe(weights="a/b.pth")
