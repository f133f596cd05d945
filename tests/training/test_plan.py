"""From names and paths to a network, a dataset and a recipe that fit each other."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import bars
from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import build, save
from brickwork.recipe.published import recipe_for
from brickwork.recipe.recipe import Recipe
from brickwork.training.plan import make_plan, open_dataset


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(200):
        path = tmp_path / ("cat", "dog")[number % 2] / f"p{number // 10}_{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_another_number_of_classes_is_refused(photos: Path) -> None:
    assert open_dataset(photos, "", 0, classes=2).classes == ("cat", "dog")
    with pytest.raises(BrickworkError, match=r" has 2 classes, not 3: cat, dog\.$"):
        open_dataset(photos, "", 0, classes=3)


def test_a_name_becomes_a_network_for_the_datas_classes_and_images(photos: Path) -> None:
    plan = make_plan("resnet18", photos)
    assert plan.network == zoo.network("resnet18", classes=2)
    assert plan.notes[-1].startswith("resnet18 on 3x224x224, 2 classes: ")
    assert make_plan("resnet18", photos, input=(1, 64, 64)).network.input == (1, 64, 64)
    assert make_plan("lenet5", "fashion").network.input == (1, 28, 28)


def test_a_networks_own_classes_must_be_the_datas() -> None:
    with pytest.raises(BrickworkError, match=r"tiny tells 7 classes apart, but bars has 4: .*classes=4\.$"):
        make_plan(bars.network(7), bars.dataset())


def test_the_recipes_seed_divides_the_data_wherever_it_stands(photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("seed = 3\n")
    recipes: list[Recipe | str | Path] = [Recipe(seed=3), file, str(file)]
    plans = [make_plan("lenet5", photos, recipe) for recipe in recipes]
    plans.append(make_plan("lenet5", photos, fields={"seed": 3}))
    assert {plan.dataset.seed for plan in plans} == {3}
    assert len({tuple(plan.dataset.splits["test"].keys) for plan in plans}) == 1
    assert plans[0].dataset.splits["test"].keys != make_plan("lenet5", photos).dataset.splits["test"].keys


def test_fields_win_over_a_recipe_of_any_kind(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("epochs = 3\nlr = 0.5\n")
    for recipe in (Recipe(epochs=3, lr=0.5), file):
        chosen = make_plan(bars.network(), bars.dataset(), recipe, fields={"lr": 0.25}).recipe
        assert (chosen.epochs, chosen.lr) == (3, 0.25)


def test_notes_say_what_a_paper_did_and_that_images_are_scaled() -> None:
    plan = make_plan("resnet18", "fashion", "paper", input=(1, 64, 64))
    assert plan.notes[0].startswith("resnet18 is trained as in ")
    assert plan.notes[-1].endswith("Images of 1x28x28 are scaled to it.")


def test_what_recipe_for_gives_is_a_recipe_with_its_notes_and_fields_win_over_it() -> None:
    network = zoo.network("resnet20", input=(1, 28, 28))
    choice = recipe_for("paper", network)
    plan = make_plan(network, "fashion", choice, fields={"epochs": 2})
    assert plan.recipe == replace(choice.recipe, epochs=2)
    assert plan.notes[0].startswith("resnet20 is trained as in ")
    seeds = [make_plan(network, "fashion", replace(choice, recipe=Recipe(seed=seed))).dataset.seed for seed in (0, 4)]
    assert seeds == [0, 4]


def big(folder: Path, number: int, side: int = 80) -> Path:
    """A folder of so many images in each of two classes."""
    for name, value in (("dark", 20), ("light", 220)):
        (folder / name).mkdir(parents=True)
        for i in range(number):
            Image.new("RGB", (side + i, side), (value, i, 0)).save(folder / name / f"{i}.png")
    return folder


def test_few_photographs_are_led_to_published_weights(tmp_path: Path) -> None:
    folder = big(tmp_path / "my photos", 12)
    command = f"brickwork train resnet18 --data '{folder}' --pretrained"
    for name in ("resnet18", "resnet20"):  # of which there are no published weights
        (advice,) = [note for note in make_plan(name, folder).notes if "--pretrained" in note]
        assert advice.endswith(f" images are few to begin with no weights. Better: {command}")
    assert "resnet50 --data" in make_plan("resnet50", folder).notes[-1]
    for fields in ({"weights": "resnet18.tv_in1k"},):
        assert not any("--pretrained" in note for note in make_plan("resnet18", folder, fields=fields).notes)


def test_the_classes_of_files_are_named_for_who_took_the_wrong_folder(tmp_path: Path) -> None:
    notes = make_plan("resnet18", big(tmp_path / "photos", 12)).notes
    assert [note for note in notes if note.startswith("Classes: ")] == ["Classes: dark, light."]
    assert not any(note.startswith("Classes: ") for note in make_plan("lenet5", "fashion").notes)


def test_small_images_and_many_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = make_plan("resnet18", big(tmp_path / "small", 12, side=30))
    assert not any("--pretrained" in note for note in small.notes)
    monkeypatch.setattr("brickwork.training.plan.FEW", 10)
    assert not any("--pretrained" in note for note in make_plan("resnet18", big(tmp_path / "many", 12)).notes)
    assert not any("--pretrained" in note for note in make_plan("lenet5", "fashion").notes)


def test_pretrained_takes_the_first_tag_and_the_head_alone_at_first(tmp_path: Path) -> None:
    folder = big(tmp_path / "photos", 12)
    recipe = make_plan("resnet18", folder, pretrained=True).recipe
    assert (recipe.weights, recipe.freeze, recipe.unfreeze) == ("resnet18.tv_in1k", -1, 1)
    assert recipe.lr == 0.01  # the recipe for weights that know something
    own = make_plan("resnet18", folder, pretrained=True, fields={"unfreeze": 2, "weights": "mine.pth"}).recipe
    assert (own.weights, own.freeze, own.unfreeze) == ("mine.pth", -1, 2)
    with pytest.raises(BrickworkError, match="resnet20: there are no published weights"):
        make_plan("resnet20", folder, pretrained=True)


def test_the_network_follows_from_the_weights(tmp_path: Path) -> None:
    folder = big(tmp_path / "photos", 12)
    assert make_plan(None, folder).network.name == "resnet20"
    assert make_plan(None, folder, fields={"weights": "resnet34.tv_in1k"}).network.name == "resnet34"
    published = tmp_path / "resnet18-f37072fd.pth"
    published.write_bytes(b"")
    assert make_plan(None, folder, fields={"weights": str(published)}).network == zoo.network("resnet18", classes=2)
    stored = tmp_path / "mine.safetensors"
    save(stored, build(zoo.network("resnet20[width=0.25]", input=(3, 24, 24), classes=7)))
    plan = make_plan(None, folder, fields={"weights": str(stored)})
    assert plan.network == zoo.network("resnet20[width=0.25]", input=(3, 24, 24), classes=2)
    with pytest.raises(BrickworkError, match=r"unknown\.pth: which network are these weights of"):
        make_plan(None, folder, fields={"weights": "unknown.pth"})
