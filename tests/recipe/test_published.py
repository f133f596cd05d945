from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import bars
from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.recipe.published import entries, recipe_for
from brickwork.recipe.recipe import Recipe, recipe_from, recipe_from_toml
from brickwork.recipe.schedule import learning_rate

RESNET20 = zoo.network("resnet20")


@pytest.mark.parametrize("name", zoo.names())
def test_every_network_has_one_papers_recipe(name: str) -> None:
    (entry,) = [entry for entry in entries("paper") if any(fnmatch(name, pattern) for pattern in entry.networks)]
    recipe = recipe_for("paper", zoo.network(name)).recipe
    assert (recipe.epochs, recipe.batch, recipe.lr) == tuple(entry.values[key] for key in ("epochs", "batch", "lr"))


@pytest.mark.parametrize("file", ["paper", "default", "fast"])
def test_every_table_is_a_recipe_with_its_source(file: str) -> None:
    for entry in entries(file):
        recipe_from(entry.values)
        assert entry.source, entry.name


def test_every_pattern_of_a_paper_is_of_a_network() -> None:
    assert all(zoo.names(pattern) for entry in entries("paper") for pattern in entry.networks)


@pytest.mark.parametrize(
    ("word", "rates"),  # at the end of these epochs, as printed
    [
        ("alexnet_owt", {18: 1e-2, 29: 5e-3, 43: 1e-3, 52: 5e-4, 55: 1e-4}),
        ("wrn", {60: 0.1, 120: 0.02, 160: 0.004, 200: 0.0008}),
        ("bag_of_tricks", {30: 0.1, 60: 0.01, 90: 0.001, 120: 0.0001}),
        ("lenet5_1998", {2: 5e-4, 5: 2e-4, 8: 1e-4, 12: 5e-5, 20: 1e-5}),
        ("inception_v3", {2: 0.045, 4: 0.045 * 0.94, 100: 0.045 * 0.94**49}),
        ("googlenet", {8: 0.01, 16: 0.0096, 60: 0.01 * 0.96**7}),
        ("lenet_caffe", {11: 0.01 * 2**-0.75}),
        ("googlenet_caffe", {45: 0.005}),
    ],
)
def test_the_papers_rates_fall_where_they_are_printed_to(word: str, rates: dict[int, float]) -> None:
    recipe = recipe_for(word, RESNET20).recipe
    ends = {epoch: learning_rate(recipe, (epoch - 1e-6) / recipe.epochs) for epoch in rates}
    assert ends == pytest.approx(rates, rel=1e-5)


def test_the_default_on_small_images_is_what_the_fields_say() -> None:
    assert recipe_for("default", zoo.network("resnet20", input=(1, 28, 28))).recipe == Recipe()


def test_the_default_follows_the_input_and_the_beginning() -> None:
    photographs = zoo.network("resnet18")
    fresh, tuned = (
        recipe_for("default", photographs).recipe,
        recipe_for("default", photographs, {"weights": "tv_in1k"}).recipe,
    )
    assert fresh.scale < 1
    assert tuned.lr < fresh.lr
    assert tuned.weights == "tv_in1k"
    assert recipe_for("default", RESNET20, {"weights": "x.pth"}).recipe.scale == 1


@pytest.mark.parametrize(("side", "epochs"), [(63, 8), (64, 30)])
def test_images_are_photographs_from_64_pixels_of_the_shorter_side(side: int, epochs: int) -> None:
    assert recipe_for("default", zoo.network("resnet18", input=(3, side, 96))).recipe.epochs == epochs


@pytest.mark.parametrize("word", ["default", "fast"])
def test_gradients_are_clipped_where_no_batch_norm_holds_them(word: str) -> None:
    assert recipe_for(word, zoo.network("vgg11")).recipe.clip == 1
    assert recipe_for(word, zoo.network("vgg11[batchnorm=true]")).recipe.clip == 0
    assert recipe_for(word, zoo.network("vgg11"), {"clip": 0.0}).recipe.clip == 0


def test_what_a_person_chose_wins() -> None:
    assert recipe_for("paper", RESNET20, {"epochs": 3, "lr": 0.05}).recipe.epochs == 3
    assert recipe_for("paper", RESNET20, {"epochs": 3, "lr": 0.05}).recipe.lr == 0.05
    assert recipe_for("paper", RESNET20, {"epochs": 3}).recipe.milestones == (0.5, 0.75)


def test_a_network_with_arguments_has_the_recipe_of_its_name() -> None:
    assert recipe_for("paper", zoo.network("resnet20[width=0.5]")).recipe == recipe_for("paper", RESNET20).recipe


def test_what_cannot_be_expressed_is_told() -> None:
    notes = recipe_for("paper", zoo.network("nin_cifar")).notes
    assert notes[0] == "nin_cifar is trained as in Lin, Chen, Yan 2013, section 4.1."
    assert notes[1].startswith("Images are not whitened (GCN, ZCA).")
    assert recipe_for("default", RESNET20).notes == ()


def test_images_grow_where_the_network_takes_more_than_one_size() -> None:
    assert recipe_for("fast", zoo.network("resnet18")).recipe.resize_from < 1
    one_size = recipe_for("fast", zoo.network("vgg11"))
    assert one_size.recipe.resize_from == 1
    assert one_size.notes == ("vgg11 takes one size of images, so they do not begin smaller.",)
    with pytest.raises(
        BrickworkError, match=r"vgg11 on 3x224x224, 1000 classes takes no images of 0.5 times that size"
    ):
        recipe_for("default", zoo.network("vgg11"), {"resize_from": 0.5})


def test_the_fast_recipe_is_shorter_than_the_default() -> None:
    for network in (RESNET20, zoo.network("resnet18")):
        assert recipe_for("fast", network).recipe.epochs < recipe_for("default", network).recipe.epochs
    assert recipe_for("fast", RESNET20).recipe == Recipe(epochs=5)


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_file_extends_a_name_or_another_file(tmp_path: Path) -> None:
    write(tmp_path / "one.toml", 'extends = "paper"\nepochs = 7\nbatch = 16\n')
    two = recipe_for(write(tmp_path / "two.toml", 'extends = "one.toml"\nbatch = 8\n'), RESNET20, {"lr": 0.2})
    assert (two.recipe.epochs, two.recipe.batch, two.recipe.lr, two.recipe.crop) == (7, 8, 0.2, 4)
    assert two.notes[0].startswith("resnet20 is trained as in He")


def test_a_file_that_extends_nothing_has_the_fields_own_values(tmp_path: Path) -> None:
    assert recipe_for(write(tmp_path / "own.toml", "epochs = 7"), RESNET20).recipe == Recipe(epochs=7)


def test_a_runs_recipe_is_a_recipe(tmp_path: Path) -> None:
    recipe = Recipe(epochs=3, schedule="step", milestones=(0.2,))
    assert (
        recipe_for(write(tmp_path / "recipe.toml", recipe.toml()), RESNET20).recipe
        == recipe
        == recipe_from_toml(recipe.toml())
    )


def test_a_path_is_taken_as_its_text(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "own.toml", "epochs = 7"))
    assert recipe_for(path, RESNET20).recipe == recipe_for(str(path), RESNET20).recipe == Recipe(epochs=7)


def test_weights_in_a_file_decide_about_the_default_that_it_extends(tmp_path: Path) -> None:
    path = write(tmp_path / "own.toml", 'extends = "default"\nweights = "x.pth"')
    assert recipe_for(path, RESNET20).recipe == recipe_for("default", RESNET20, {"weights": "x.pth"}).recipe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('extends = "papr"', r"unknown recipe 'papr': did you mean 'paper'\? A file of your own ends in .toml."),
        ('extends = "own.toml"', r"own.toml extends itself, by way of .*own.toml\."),
        ('extends = "missing.toml"', r"the recipe .*missing.toml cannot be read: No such file"),
        ("extends = 3", r"own.toml: extends is a word or a file's name, not 3\."),
        ("epoch = 3", r"recipe: there is no 'epoch': did you mean 'epochs'\?"),
        ("epochs 3", r"recipe: this is no TOML"),
    ],
)
def test_a_file_that_is_wrong_says_what_is(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BrickworkError, match=message):
        recipe_for(write(tmp_path / "own.toml", text), RESNET20)


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BrickworkError, match=r"own.toml is no text in UTF-8"):
        recipe_for(str(tmp_path / "own.toml"), RESNET20)


@pytest.mark.parametrize(
    ("word", "overrides", "message"),
    [
        ("papers", {}, "unknown recipe 'papers': did you mean 'paper'?"),
        ("paper", {}, "tiny: no paper's recipe is for it: take default or fast."),
        ("default", {"epochs": 0}, "recipe: epochs is between 1 and 1e\\+06, not 0."),
    ],
)
def test_a_wrong_word_says_what_is_wrong(word: str, overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(BrickworkError, match=message.replace("?", r"\?")):
        recipe_for(word, bars.network(), overrides)


def test_a_word_that_is_near_none_is_told_with_the_words_that_there_are() -> None:
    with pytest.raises(BrickworkError, match=r"'xyzzy': take paper, default or fast\. A file of your own ends in"):
        recipe_for("xyzzy", RESNET20)


@pytest.mark.parametrize("word", ["./a.toml", "../recipes/a.toml", "link.toml", "b.toml"])
def test_a_recipe_that_extends_itself_by_another_spelling_is_one_line(word: str, tmp_path: Path) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "a.toml").write_text(f'extends = "{word}"')
    (folder / "b.toml").write_text('extends = "./././a.toml"')
    (folder / "link.toml").symlink_to("a.toml")
    with pytest.raises(BrickworkError, match=r"extends itself, by way of ") as caught:
        recipe_for(folder / "a.toml", RESNET20)
    assert "\n" not in str(caught.value)


def test_recipes_that_extend_each_other_have_an_end(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}.toml").write_text(f'extends = "{number + 1}.toml"')
    with pytest.raises(BrickworkError, match=r"10\.toml is the end of 10 recipes that extend each other"):
        recipe_for(tmp_path / "0.toml", RESNET20)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lr = " + "[" * 20_000 + "]" * 20_000, "its brackets are too deep"),
        ("epochs = " + "9" * 5000, "Exceeds the limit"),
        ("x = 1\n" * 20_000, "it has more than 65,536 bytes"),
        ("lr = 1" + "0" * 400, "lr is between 1e-12 and 1e.06, not 1000"),
        ("lr = nan", "lr is between 1e-12 and 1e.06, not nan"),
        ("lr = true", "lr is a number, not True"),
        ("lr = {a = 1}", "lr is a number, not {'a': 1}"),
        ("extends = 1", "extends is a word or a file's name, not 1"),
        (f'optimizer = "{"x" * 9000}"', "optimizer is one of .*, not '.{10,60}'"),
    ],
)
def test_a_recipe_that_nobody_would_write_is_one_short_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(BrickworkError, match=says) as caught:
        recipe_for(tmp_path / "a.toml", RESNET20)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
