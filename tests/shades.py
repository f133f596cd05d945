"""A judge of brightness with convolutions, and one whose second convolution must stay in float."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from brickwork.data.preprocessing import Preprocessing
from brickwork.model import ModelFile, build, save
from brickwork.network import Network, chain, stages
from brickwork.network.blocks import conv
from brickwork.network.layers import Flatten, GlobalAvgPool, Linear

SHADES = ("black", "grey", "white")
LEVELS = (20, 128, 235)
LOUD = 400.0  # times as large as the other channel: its 256 levels leave that one or two


def judge(loud: float = 1.0) -> ModelFile:
    """Three shades by -(x - c)^2 without the x^2 that all share: 2 c x - c^2.

    The first convolution has a second channel that the second one ignores; where it is loud, it takes all levels of a
    tensor that is rounded as a whole.
    """
    trunk = stages(one=conv(2, 1), two=conv(2, 1))
    model = build(Network("judge", (1, 8, 8), 3, trunk, chain(GlobalAvgPool(), Flatten(), Linear(3)))).eval()
    with torch.no_grad():
        for name, values in {
            "one.conv.weight": [[[[1.0]]], [[[loud]]]],
            "two.conv.weight": [[[[1.0]], [[0.0]]], [[[0.5]], [[0.0]]]],
            "head.linear.weight": [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]],
            "head.linear.bias": [0.0, -0.25, -1.0],
        }.items():
            model.get_parameter(name).copy_(torch.tensor(values))
        for name, values in model.named_parameters():
            if name.endswith("conv.bias"):
                values.zero_()
    return ModelFile(model, SHADES, Preprocessing(1, 8, 8, (0.0,), (1.0,)).document(), {"seed": 3})


def save_judge(path: Path, loud: float = 1.0) -> Path:
    file = judge(loud)
    save(path, file.model, classes=file.classes, preprocessing=file.preprocessing, record=file.record)
    return path


def draw_shades(root: Path, count: int = 60, splits: tuple[str, ...] = ("train", "val")) -> Path:
    """Class folders with so many images each, evenly bright within some levels."""
    chance = np.random.default_rng(0)
    for split in splits:
        for name, level in zip(SHADES, LEVELS, strict=True):
            (root / split / name).mkdir(parents=True)
            for number in range(count):
                shade = np.uint8(level + chance.integers(-20, 20))
                Image.fromarray(np.full((8, 8), shade)).save(root / split / name / f"{number}.png")
    return root
