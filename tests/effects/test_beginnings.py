"""What a training begins with: initialisations, weights that are brought, and a recipe file's own seed."""

from hashlib import sha256
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from effects.reference import close, which
from effects.runs import Trace, command, fit, images, net, read_model, watch, wide


@pytest.mark.parametrize(
    ("init", "kernels", "logits"),  # the deviation of 64 x 16 x 3 x 3 and of 8 x 64 numbers
    [
        ("he", sqrt(2 / (64 * 9)), sqrt(1 / 64)),
        ("nin", sqrt(2 / (64 * 9)), sqrt(1 / 64)),
        ("gauss", 0.01, 0.01),
        ("alexnet", 0.01, 0.01),
        ("vgg", 0.1, 0.1),
        ("xavier", sqrt(2 / (16 * 9 + 64 * 9)), sqrt(2 / (64 + 8))),
        ("lecun", 2.4 / (16 * 9) / sqrt(3), 2.4 / 64 / sqrt(3)),
    ],
)
def test_the_first_weights_have_the_initialisations_spread(
    tmp_path: Path, init: str, kernels: float, logits: float
) -> None:
    start = fit(tmp_path / "run", wide(), images((2,) * 8, val=8, size=16), init=init).after(0)
    for name, deviation in (("stage2.conv.weight", kernels), ("head.linear.weight", logits)):
        assert start[name].std().item() == pytest.approx(deviation, rel=0.1)
        flat = start[name].abs().max().item() < 1.8 * deviation  # uniform numbers end at sqrt(3) deviations
        assert flat == (init in ("xavier", "lecun"))


@pytest.mark.parametrize(
    ("init", "ones"),
    [("he", set()), ("alexnet", {"stage2.conv.bias"}), ("nin", {"head.linear.bias"}), ("vgg", set())],
)
def test_biases_are_0_but_where_the_initialisation_says_1(tmp_path: Path, init: str, ones: set[str]) -> None:
    start = fit(tmp_path / "run", wide(), images((2,) * 8, val=8, size=16), init=init).after(0)
    biases = {name: set(value.tolist()) for name, value in start.items() if name.endswith("bias")}
    assert biases == {name: {1.0} if name in ones else {0.0} for name in biases}
    assert len(biases) == 3


def test_a_training_begins_with_the_weights_of_a_file(tmp_path: Path) -> None:
    chance = torch.Generator().manual_seed(3)
    shapes = {name: value.shape for name, value in fit(tmp_path / "shapes", net(), images()).after(0).items()}
    given = {name: torch.rand(shape, generator=chance) for name, shape in shapes.items()}
    save_file(given, tmp_path / "given.safetensors")
    run = fit(tmp_path / "run", net(), images(), weights=str(tmp_path / "given.safetensors"))
    close(run.after(0), given, rtol=0, atol=0)
    assert any("begun with" in note and "given.safetensors" in note for note in run.notes)


def test_a_file_with_other_classes_gives_all_but_the_classifier(tmp_path: Path) -> None:
    donor = fit(tmp_path / "donor", net(classes=2), images((6, 6)), init="vgg")
    run = fit(tmp_path / "run", net(), images(), weights=str(donor.path / "model.safetensors"), init="gauss")
    start = run.after(0)
    for name in ("stage1.conv.weight", "stage1.conv.bias"):
        assert torch.equal(start[name], donor.weights[name])
    assert start["head.linear.weight"].shape == (3, 144)
    assert start["head.linear.weight"].std() > 0
    assert any("the classifier is fresh" in note for note in run.notes)


CLASSES = ("high", "low")
WORDS = ("resnet20[width=0.25]", "--input", "1x8x8", "--epochs", "1", "--no-flip", "--precision", "fp32")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """60 pictures in two classes, 8 x 8, grey."""
    chance = np.random.default_rng(0)
    for name in CLASSES:
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(30):
            pixels = chance.integers(0, 256, (8, 8)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{number}.png")
    return tmp_path / "data"


def order(folder: Path) -> list[str]:
    """The pictures' names below their folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))


def held_out(folder: Path, seed: int) -> set[str]:
    """The pictures whose own hash, with the seed, is in the first tenth: the validation split."""
    digests = {name: sha256(f"{seed}/{name}".encode()).digest() for name in order(folder)}
    return {name for name, digest in digests.items() if int.from_bytes(digest[:6], "big") / 2**48 < 0.1}


def validation_images(folder: Path, trace: Trace) -> set[str]:
    """The names of the images that were scored first."""
    names = order(folder)
    known = torch.stack([torch.from_numpy(np.array(Image.open(folder / name))).double() for name in names]).flatten(1)
    known = (known - known.mean(1, keepdim=True)) / known.std(1, keepdim=True)
    batch = trace.scored[0].flatten(1).double()
    batch = (batch - batch.mean(1, keepdim=True)) / batch.std(1, keepdim=True)
    return {names[place] for place in which(batch, known)}


def type_train(folder: Path, out: Path, *words: str) -> Trace:
    with watch(len(CLASSES)) as trace:
        assert command(["train", *WORDS, "--data", str(folder), "--out", str(out), *words]) == 0
    return trace


def test_a_recipe_files_own_seed_draws_the_weights_and_divides_the_data(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "own.toml").write_text("seed = 7\nbatch = 16\n")
    by_file = type_train(folder, tmp_path / "file", "--recipe", str(tmp_path / "own.toml"))
    by_option = type_train(folder, tmp_path / "option", "--seed", "7", "--batch", "16")
    by_default = type_train(folder, tmp_path / "default", "--batch", "16")
    assert held_out(folder, 7) != held_out(folder, 0)
    assert validation_images(folder, by_file) == validation_images(folder, by_option) == held_out(folder, 7)
    assert validation_images(folder, by_default) == held_out(folder, 0)
    (one, seed), (same, _), (other, zero) = (read_model(tmp_path / name) for name in ("file", "option", "default"))
    assert (seed, zero) == (7, 0)
    close(one, same, rtol=0, atol=0)
    assert not torch.equal(one["stem.conv.weight"], other["stem.conv.weight"])


def test_the_command_lines_seed_wins_over_the_files(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "own.toml").write_text("seed = 7\nbatch = 16\n")
    trace = type_train(folder, tmp_path / "run", "--recipe", str(tmp_path / "own.toml"), "--seed", "9")
    assert read_model(tmp_path / "run")[1] == 9
    assert validation_images(folder, trace) == held_out(folder, 9) != held_out(folder, 7)
