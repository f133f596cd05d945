"""A small trained-looking model that takes colour photographs of any size, and data for its validation."""

from pathlib import Path

import pytest
import torch
from torch import nn

import pictures
from brickwork.data.preprocessing import Preprocessing
from brickwork.model import ModelFile, build, save
from brickwork.network import Network, chain, stages
from brickwork.network.blocks import conv
from brickwork.network.layers import AvgPool, BatchNorm, Flatten, GlobalAvgPool, Linear

CLASSES = ("cold", "warm", "neither")
CALIBRATION = {"temperature": 0.5, "n": 10, "answered": [[0.9, 5, 5]] * 50 + [[0.4, 10, 8]] * 50}


def small_model(fit: str = "squash", seed: int = 3) -> ModelFile:
    """Two convolutions with norms whose averages are no longer 0 and 1, so that their mode matters."""
    torch.manual_seed(seed)
    trunk = stages(one=conv(8, 3, norm=BatchNorm()), two=chain(AvgPool(2), conv(12, 3, norm=BatchNorm())))
    network = Network("small", (3, 16, 20), 3, trunk, chain(GlobalAvgPool(), Flatten(), Linear(3)))
    model = build(network)
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.normal_(norm.running_mean, 0.3, 0.3)
            nn.init.uniform_(norm.running_var, 0.5, 2)
    preprocessing = Preprocessing(3, 16, 20, (0.3, 0.4, 0.6), (0.2, 0.25, 0.3), fit)  # type: ignore[arg-type]
    return ModelFile(model.eval(), CLASSES, preprocessing.document(), {"calibration": CALIBRATION})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file, path = small_model(), tmp_path / "model.safetensors"
    save(path, file.model, classes=file.classes, preprocessing=file.preprocessing, record=file.record)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return pictures.folder(tmp_path / "photos", count=5)


def names(folder: Path) -> list[str]:
    """What a folder holds, hidden files included."""
    return sorted(path.name for path in folder.iterdir())
