"""Every line that a command prints to be typed next is typed, as it is printed."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickwork.training.plan import make_plan
from shell import Answer, Ask, parse

LAYERS = '''
from dataclasses import dataclass
from typing import ClassVar
from torch import nn
from brickwork.network import Layer, Network, chain, stages
from brickwork.network.layers import Conv, Flatten, GlobalAvgPool, Linear

@dataclass(frozen=True, repr=False)
class Swish(Layer):
    """A layer of one's own."""
    beta: float = 1.0
    kind: ClassVar[str] = "swish"
    def module(self, shape):
        return nn.SiLU()

head = chain(GlobalAvgPool(), Flatten(), Linear(2))
tiny = Network("tiny", (3, 8, 8), 2, stages(stem=chain(Conv(4, 3, stride=2), Swish(beta=1.0))), head)
plain = Network("plain", (3, 8, 8), 2, stages(stem=Conv(4, 3, stride=2)), head)
'''
QUICK = ("--epochs", "1", "--batch", "64")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two classes in a folder whose name a shell would take apart; each image of a plant is there as two files."""
    monkeypatch.chdir(tmp_path)
    chance = np.random.default_rng(1)
    for name, low in (("moss", 0), ("fern", 120)):
        folder = tmp_path / "Ida's $photos" / name
        folder.mkdir(parents=True)
        for i in range(30):
            Image.fromarray(chance.integers(low, low + 100, (9, 9, 3), np.uint8)).save(folder / f"p{i % 15}_{i}.png")
    return Path("Ida's $photos")


def commands(answer: Answer) -> list[list[str]]:
    """The words of each line to be typed, as a shell divides them, without the program's name."""
    lines = (answer.out + answer.err).splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("  brickwork ")]


def type_next(ask: Ask, answer: Answer, image: Path) -> list[str]:
    """Types each of an answer's lines, with an image where one is asked for; gives their verbs."""
    verbs = []
    for words in commands(answer):
        found = ask(*[str(image) if word == "IMAGE..." else word for word in words])
        assert found.code == 0, (words, found.err)
        verbs.append(words[0])
    return verbs


@pytest.mark.parametrize(
    "words",
    [
        ("resnet20[width=0.25]", "--input", "3x8x8"),
        ("mine.py:tiny",),
        ("mine.py:plain",),
        ("mine.py:plain", "--own", "mine.py"),
        ("resnet20[width=0.25]", "--input", "3x8x8", "--groups", "(p[0-9]+)_", "--seed", "3"),
        ("resnet20[width=0.25]", "--input", "3x8x8", "--out", "~/my run"),
    ],
)  # fmt: skip
def test_what_a_training_prints_can_be_typed(
    ask: Ask, photos: Path, tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "mine.py").write_text(LAYERS)
    image = photos / "moss" / "p1_1.png"
    answer = ask("train", *words, "--data", photos, *QUICK)
    assert answer.code == 0, answer.err
    assert type_next(ask, answer, image) == ["evaluate", "predict"]
    run = Path(commands(answer)[0][1]).parent
    again = ask("train", "--resume", run, *(["--own", "mine.py"] if "--own" in answer.out else []))
    assert commands(again)[1] == commands(answer)[1]
    assert type_next(ask, again, image) == ["evaluate", "predict"]


def test_a_stopped_training_of_ones_own_layers_names_their_file(ask: Ask, photos: Path, tmp_path: Path) -> None:
    import os
    import signal

    from brickwork.training.trainer import Trainer

    (tmp_path / "mine.py").write_text(LAYERS)
    keep = Trainer.keep

    def stop(trainer: Trainer, epoch: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        keep(trainer, epoch)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "keep", stop)
        answer = ask("train", "mine.py:tiny", "--data", photos, "--epochs", "2", "--batch", "64")
    assert answer.code == 143, answer.err
    assert commands(answer) == [["train", "--resume", "runs/tiny-Ida-s-photos-1", "--own", "mine.py"]]
    assert type_next(ask, answer, photos) == ["train"]


@pytest.mark.parametrize("words", [(), ("--groups", "(p[0-9]+)_"), ("--seed", "4")])
def test_what_check_prints_can_be_typed_and_divides_the_images_alike(
    ask: Ask, photos: Path, words: tuple[str, ...]
) -> None:
    (photos / "moss" / "p99_bad.png").write_text("no image")
    answer = ask("check", photos, *words)
    assert answer.code == 1
    ((*typed,),) = commands(answer)
    fixed = ask(*typed)
    manifest = typed[-1]
    assert fixed.out == answer.out
    train = fixed.err.splitlines()[-1].partition(": ")[2]
    assert shlex.split(train) == ["brickwork", "train", "--data", manifest]
    assert ask(*shlex.split(train)[1:], *QUICK).code == 0


def test_the_line_that_leads_to_published_weights_keeps_the_groups(ask: Ask, tmp_path: Path) -> None:
    for name, value in (("moss", 0), ("fern", 200)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(12):
            Image.new("RGB", (90 + i, 90), (value, i, 0)).save(tmp_path / "photos" / name / f"p{i}_.png")
    plan = make_plan("resnet18", tmp_path / "photos", groups="(p[0-9]+)_")
    words = shlex.split(plan.notes[-1].partition("Better: ")[2])
    assert words[-3:] == ["--groups", "(p[0-9]+)_", "--pretrained"]
    parse(*words[1:])
