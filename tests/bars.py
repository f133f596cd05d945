"""Small things to train and to score: a set of bars, a network that learns it, and a model made by hand."""

import numpy as np
import torch

from brickwork.data.dataset import ArraySplit, Dataset
from brickwork.data.preprocessing import Preprocessing
from brickwork.model import ModelFile, build
from brickwork.network import Network, SideHead, chain, stages
from brickwork.network.blocks import conv
from brickwork.network.layers import AvgPool, BatchNorm, Dropout, Flatten, GlobalAvgPool, Linear
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import Event

CLASSES = ("left", "middle", "right", "none")
QUICK = Recipe(epochs=2, batch=32, lr=0.05, validation=0.2)


def network(classes: int = len(CLASSES), sides: bool = False, name: str = "tiny") -> Network:
    """Two convolutions on 1x8x8, with dropout, so that torch's own chance is part of the test."""
    side = SideHead("side1", "stage1", chain(GlobalAvgPool(), Flatten(), Linear(classes)), weight=0.3)
    return Network(
        name,
        (1, 8, 8),
        classes,
        stages(stage1=conv(8, 3, norm=BatchNorm()), stage2=conv(8, 3, 2, norm=BatchNorm())),
        head=chain(Flatten(), Dropout(0.2), Linear(classes)),
        side_heads=(side,) if sides else (),
    )


def split(samples: int, seed: int, classes: int = len(CLASSES)) -> ArraySplit:
    """Noise with a bright bar whose place tells the class; the last class has none."""
    chance = np.random.default_rng(seed)
    labels = np.arange(samples, dtype=np.int64) % classes
    images = chance.integers(0, 100, (samples, 1, 8, 8)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        if label < 3:
            image[0, :, 3 * label : 3 * label + 2] += 120
    return ArraySplit(labels, images, "bars", tuple(range(samples)))


def dataset(samples: int = 160, test: bool = True) -> Dataset:
    splits = {"train": split(samples, 0), **({"test": split(40, 1)} if test else {})}
    return Dataset("bars", CLASSES, dict(splits), shape=(1, 8, 8))


def silent(news: Event) -> None:
    """Nobody listens."""


SHADES = ("black", "grey", "white")


def judge_of_brightness() -> ModelFile:
    """A model whose logits are highest for the nearest of 0, 1/2 and 1."""
    network = Network("judge", (1, 4, 4), 3, stages(mean=chain(AvgPool(4), Flatten())), Linear(3))
    model = build(network)
    with torch.no_grad():  # -(x - c)^2 without the x^2 that all share: 2 c x - c^2
        model.get_parameter("head.weight").copy_(torch.tensor([[0.0], [1.0], [2.0]]))
        model.get_parameter("head.bias").copy_(torch.tensor([0.0, -0.25, -1.0]))
    preprocessing = Preprocessing(1, 4, 4, mean=(0.0,), std=(1.0,))
    return ModelFile(model.eval(), SHADES, preprocessing.document(), {})
