"""What each option of `train` changes: in the run that it writes, or in what it prints instead of one."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from brickwork.model import load
from brickwork.recipe.recipe import Recipe, recipe_from_toml
from brickwork.training.events import clock
from shell import Ask

NETWORK = "resnet20[width=0.25]"
SMALL = (NETWORK, "--epochs", "1", "--batch", "16", "--workers", "0")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dark and light images, four of each of ten patients."""
    folder, chance = tmp_path_factory.mktemp("data") / "photos", np.random.default_rng(0)
    for label, name in enumerate(("dark", "light")):
        (folder / name).mkdir(parents=True)
        for number in range(40):
            pixels = chance.integers(100 * label, 100 * label + 100, (8, 8)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"p{number // 4}_{number}.png")
    return folder


OTHERS: tuple[dict[str, Any], ...] = (  # another value than the default for every field of a recipe
    {
        "epochs": 2, "batch": 8, "accumulate": 2, "optimizer": "adamw", "momentum": 0.8, "nesterov": False,
        "weight_decay": 0.01, "decay": "all", "clip": 1.5, "ema": 0.9, "lr": 0.002, "schedule": "cosine",
        "warmup": 0.1, "loss": "focal", "gamma": 1.5, "class_weights": "balanced", "flip": False, "crop": 1,
        "seed": 3, "validation": 0.2, "checkpoint": 7, "init": "xavier", "fit": "squash", "workers": 0,
        "range": "100,200", "norm": "ghost", "ghost": 4, "reduce": "ordered", "window": 64,
    },
    {
        "epochs": 1, "milestones": (0.25, 0.75), "factor": (0.5, 0.2), "schedule": "step", "optimizer": "rmsprop",
        "lr": 0.001, "label_smoothing": 0.0, "sampling": "balanced", "scale": 0.5, "color": 0.2,
        "policy": "trivialaugment", "mixup": 0.2, "cutmix": 0.5, "erasing": 0.1, "precision": "fp32", "workers": 0,
        "cache": "off", "memory": 0.1, "patience": 4,
    },
    {
        "epochs": 1, "schedule": "poly", "power": 2.0, "period": 3.0, "freeze": 1, "unfreeze": 1, "layer_decay": 0.7,
        "resize_from": 0.5, "optimizer": "muon", "lr": 0.01, "workers": 0, "threads": 1,
    },
)  # fmt: skip
UNTRIED = {"compile", "weights"}  # minutes of compiling; a file of weights has a test of its own


def words(values: dict[str, Any]) -> list[str]:
    """The values as options."""
    typed = []
    for name, value in values.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            typed.append(f"--{'' if value else 'no-'}{option}")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            typed += [f"--{option}", text]
    return typed


def test_these_tests_try_every_field_of_a_recipe() -> None:
    usual = asdict(Recipe())
    tried = {name for values in OTHERS for name, value in values.items() if value != usual[name]}
    assert tried == usual.keys() - UNTRIED


@pytest.mark.parametrize("values", OTHERS, ids=["steps", "images", "layers"])
def test_every_recipes_option_is_in_the_model_file_and_beside_it(
    ask: Ask, photos: Path, tmp_path: Path, values: dict[str, Any]
) -> None:
    answer = ask("train", NETWORK, "--data", photos, "--out", tmp_path / "run", *words(values))
    assert answer.code == 0, answer.err
    kept = recipe_from_toml((tmp_path / "run" / "recipe.toml").read_text())
    usual = asdict(Recipe())
    assert {name: value for name, value in asdict(kept).items() if value != usual[name]} == {
        name: value for name, value in values.items() if value != usual[name]
    }
    record = load(tmp_path / "run" / "model.safetensors").record
    chosen = replace(kept, window=max(kept.window, 0))  # the images fit the memory, and need no window
    assert record["recipe"] == json.loads(json.dumps(asdict(chosen)))
    assert record["seed"] == values.get("seed", 0)
    epochs = [line for line in answer.err.splitlines() if line.startswith("epoch ")]
    assert len(epochs) == values["epochs"]


@pytest.mark.parametrize("name", sorted(asdict(Recipe())))
def test_a_value_that_no_recipe_takes_is_one_line_with_the_options_name(ask: Ask, photos: Path, name: str) -> None:
    option = f"--{name.replace('_', '-')}"
    typed = [f"{option}=maybe"] if isinstance(getattr(Recipe(), name), bool) else [option, "qqq"]
    answer = ask("train", NETWORK, "--data", photos, *typed)
    assert (answer.code, answer.out) == (2, "")
    last = answer.err.splitlines()[-1]
    assert last.startswith("brickwork: ")
    if name not in ("weights", "init", "milestones", "factor", "range"):
        assert option in last
    assert "qqq" in last or "maybe" in last or name in ("nesterov", "flip", "compile")


def test_weights_are_what_a_training_begins_with(ask: Ask, photos: Path, tmp_path: Path) -> None:
    assert ask("train", *SMALL, "--data", photos, "--out", tmp_path / "one").code == 0
    file = tmp_path / "one" / "model.safetensors"
    begun = ask(
        "train",
        *SMALL,
        "--data",
        photos,
        "--out",
        tmp_path / "two",
        "--weights",
        file,
        "--freeze",
        "-1",
        "--lr",
        "1e-9",
    )
    assert begun.code == 0, begun.err
    one, two = (load(tmp_path / run / "model.safetensors").model.state_dict() for run in ("one", "two"))
    for name in one:
        if name.startswith("stage") and name.endswith("conv1.weight"):
            assert (one[name] == two[name]).all(), name


def test_a_recipe_of_ones_own_gives_way_to_options_and_its_seed_divides_the_data(
    ask: Ask, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text(
        'epochs = 1\nbatch = 16\nlr = 0.03\nseed = 5\nworkers = 0\nschedule = "linear"\n'
    )
    words = ("train", NETWORK, "--data", photos, "--recipe", tmp_path / "mine.toml")
    own, over = (
        ask(*words, "--out", tmp_path / "own"),
        ask(*words, "--out", tmp_path / "over", "--lr", "0.04", "--seed", "6"),
    )
    recipes = [load(tmp_path / run / "model.safetensors").record["recipe"] for run in ("own", "over")]
    assert [(each["lr"], each["seed"], each["schedule"]) for each in recipes] == [
        (0.03, 5, "linear"), (0.04, 6, "linear"),
    ]  # fmt: skip
    assert "seed 5 draws" in own.err
    assert "seed 6 draws" in over.err


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("fastt", "unknown recipe 'fastt': did you mean 'fast'? A file of your own ends in .toml."),
        ("none.toml", "the recipe none.toml cannot be read: No such file or directory."),
    ],
)
def test_a_recipe_that_there_is_not_is_one_line(ask: Ask, photos: Path, word: str, says: str) -> None:
    assert ask("train", NETWORK, "--data", photos, "--recipe", word).err.splitlines()[-1] == f"brickwork: {says}"


def test_a_papers_recipe_says_whose_it_is(ask: Ask, photos: Path, tmp_path: Path) -> None:
    answer = ask("train", *SMALL, "--data", photos, "--out", tmp_path / "run", "--recipe", "paper")
    assert "resnet20[width=0.25] is trained as in He" in answer.err
    recipe = load(tmp_path / "run" / "model.safetensors").record["recipe"]
    assert (recipe["schedule"], recipe["weight_decay"], recipe["epochs"]) == ("step", 1e-4, 1)


def test_the_classes_that_were_expected_are_the_datas_or_nothing_is_trained(
    ask: Ask, photos: Path, tmp_path: Path
) -> None:
    answer = ask("train", *SMALL, "--data", photos, "--out", tmp_path / "run", "--classes", "3")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"brickwork: {photos} has 2 classes, not 3: dark, light.\n"
    assert not (tmp_path / "run").exists()
    assert ask("train", *SMALL, "--data", photos, "--out", tmp_path / "run", "--classes", "2").code == 0


def test_the_input_is_the_models_and_its_preprocessings(ask: Ask, photos: Path, tmp_path: Path) -> None:
    assert ask("train", *SMALL, "--data", photos, "--out", tmp_path / "run", "--input", "1x12x10").code == 0
    file = load(tmp_path / "run" / "model.safetensors")
    assert file.model.network.input == (1, 12, 10)
    assert [file.preprocessing[name] for name in ("channels", "height", "width")] == [1, 12, 10]
    assert (file.classes, file.record["data"]) == (("dark", "light"), "photos")


def test_groups_keep_patients_together_and_are_recorded(ask: Ask, photos: Path, tmp_path: Path) -> None:
    answer = ask("train", *SMALL, "--data", photos, "--out", tmp_path / "run", "--groups", "(p[0-9]+)_", "--json")
    assert load(tmp_path / "run" / "model.safetensors").record["groups"] == "(p[0-9]+)_"
    assert answer.document["images"] % 8 == 0  # four images of each class and patient
    plain = ask("train", *SMALL, "--data", photos, "--out", tmp_path / "two", "--json")
    assert load(tmp_path / "two" / "model.safetensors").record["groups"] == ""
    assert plain.document["split"] == "test"


def test_the_json_of_a_training_is_its_text(ask: Ask, photos: Path, tmp_path: Path) -> None:
    document = ask("train", *SMALL, "--data", photos, "--out", tmp_path / "run", "--json").document
    text = ask("train", "--resume", tmp_path / "run").out.splitlines()  # it has ended: its result is told again
    low, high = document["interval"]
    spread = f"({100 * low:.1f} to {100 * high:.1f} %)"
    assert text[0].startswith(f"Test accuracy {document['accuracy']:.2%} {spread} on {document['images']} images")
    assert text[1] == f"The most frequent class has {document['majority']:.2%} of them."
    assert text[2] == f"{clock(document['seconds'])} of training."
    assert text[3:5] == [f"Model:   {document['model']}", f"Report:  {tmp_path / 'run' / 'report.html'}"]
    scored = ask("evaluate", document["model"], "--data", photos, "--json").document
    assert (scored["n"], scored["accuracy"]) == (document["images"], pytest.approx(document["accuracy"]))


def test_track_writes_for_the_tracker_and_an_unknown_one_is_refused(ask: Ask, photos: Path, tmp_path: Path) -> None:
    assert ask("train", *SMALL, "--data", photos, "--out", tmp_path / "run", "--track", "tensorboard").code == 0
    assert any(path.name.startswith("events.out") for path in (tmp_path / "run").rglob("*"))
    answer = ask("train", *SMALL, "--data", photos, "--out", tmp_path / "two", "--track", "tensorbord")
    assert (answer.code, answer.out) == (2, "")
    assert "'tensorbord'" in answer.err
    assert not (tmp_path / "two" / "model.safetensors").exists()


# --find


def test_find_lr_prints_a_third_of_the_least_and_the_steepest(
    ask: Ask, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found, text = (ask("train", *SMALL, "--data", photos, "--find", "lr", *form) for form in (("--json",), ()))
    document = found.document
    assert document["lr"] == pytest.approx(document["least"] / 3)
    assert {len(document[name]) for name in ("rates", "losses", "smooth")} == {len(document["rates"])}
    rates = np.array(document["rates"])
    assert rates[0] == pytest.approx(1e-5)
    np.testing.assert_allclose(rates[1:] / rates[:-1], 1e6 ** (1 / 99))
    assert document["least"] == rates[int(np.argmin(document["smooth"]))]
    slopes = np.gradient(document["smooth"], np.log(rates))[1:-1]
    assert document["steepest"] == rates[1 + int(slopes.argmin())]
    mean, smooth = 0.0, []
    for step, loss in enumerate(document["losses"], 1):
        mean = 0.9 * mean + 0.1 * loss
        smooth.append(mean / (1 - 0.9**step))
    np.testing.assert_allclose(document["smooth"], smooth)
    assert text.out == (
        f"The loss falls fastest at a learning rate of {document['steepest']:.3g}, and is least at "
        f"{document['least']:.3g}.\n"
        f"A third of {document['least']:.3g} suits as the highest rate of a schedule: --lr {document['lr']:.2g}\n"
    )
    assert not (tmp_path / "runs").exists()


def test_find_batch_prints_the_option_to_type_and_trains_nothing(
    ask: Ask, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    batch = ask("train", *SMALL, "--data", photos, "--find", "batch", "--json").document["batch"]
    assert batch & (batch - 1) == 0
    assert 1 <= batch <= 4096
    answer = ask("train", *SMALL, "--data", photos, "--find", "batch")
    assert answer.out == f"Up to {batch:,} images a step fit: --batch {batch}\n"
    assert not (tmp_path / "runs").exists()


def test_find_takes_no_other_word(ask: Ask, photos: Path) -> None:
    answer = ask("train", *SMALL, "--data", photos, "--find", "rate")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


# --resume


@pytest.mark.parametrize(
    ("typed", "option"),
    [
        (("resnet18",), "NETWORK"),
        (("--groups", "p"), "--groups"),
        (("--data", "photos", "--groups", "p"), "--groups"),  # --data alone says where it was moved
        (("--out", "there"), "--out"),
        (("--input", "1x8x8"), "--input"),
        (("--classes", "2"), "--classes"),
        (("--find", "lr"), "--find"),
        (("--recipe", "fast"), "--recipe"),
        (("--seed", "0"), "--seed"),
        (("--no-flip",), "--flip"),
    ],
)
def test_nothing_that_a_run_has_settled_may_stand_beside_resume(
    ask: Ask, tmp_path: Path, typed: tuple[str, ...], option: str
) -> None:
    answer = ask("train", *typed, "--resume", tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (f"brickwork: {option} is settled by the run that --resume goes on with: leave it out.\n")
