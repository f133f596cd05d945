"""torchvision's and timm's models of our networks, with random weights."""

from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from brickwork import zoo
from brickwork.model import Model
from brickwork.network import Network
from brickwork.weights import load_weights, save_weights
from brickwork.weights.equivalents import EQUIVALENTS, Equivalent


def shared() -> list[tuple[Equivalent, str]]:
    """Every network that we and a library have."""
    return [(row, library) for row in EQUIVALENTS for library in ("torchvision", "timm") if getattr(row, library)]


def theirs(row: Equivalent, library: str, classes: int = 1000) -> nn.Module:
    """The library's model without weights: on the meta device nothing is drawn."""
    with torch.device("meta"):
        if library == "timm":
            import timm

            module: nn.Module = timm.create_model(row.timm, num_classes=classes)
            return module
        import torchvision

        slow = {"init_weights": False} if row.torchvision in ("googlenet", "inception_v3") else {}
        module = getattr(torchvision.models, row.torchvision or "")(num_classes=classes, **slow)
        return module


def network(row: Equivalent, library: str, classes: int = 1000) -> Network:
    """Ours; timm's inception_v3 has no side head."""
    text = "inception_v3[side_heads=false]" if (row.network, library) == ("inception_v3", "timm") else row.network
    return zoo.network(text, classes=classes)


def ours(network: Network) -> Model:
    with torch.device("meta"):
        return Model(network)


def randomised(module: nn.Module, seed: int) -> nn.Module:
    """Every weight drawn; batch norm's scale, shift, mean and variance too, as after a training."""
    chance = torch.Generator().manual_seed(seed)
    module = module.to_empty(device="cpu").eval()
    for name, tensor in module.state_dict().items():
        if tensor.dim() > 1:
            tensor.normal_(0, sqrt(2 / tensor[0].numel()), generator=chance)
        elif name.endswith("num_batches_tracked"):
            tensor.fill_(7)
        elif name.endswith(("running_var", "weight")):
            tensor.uniform_(0.5, 1.5, generator=chance)
        else:
            tensor.normal_(0, 0.1, generator=chance)
    return module


class Parity(NamedTuple):
    """How far our logits and the library's are apart."""

    way: str
    size: int
    difference: float  # the largest, relative to the largest logit
    equal: bool  # to the last bit


def parities(row: Equivalent, library: str, sizes: tuple[int, ...], folder: Path) -> Iterator[Parity]:
    """Weights through files from theirs to ours, and others from ours to theirs."""
    here, there = ours(network(row, library)).to_empty(device="cpu").eval(), randomised(theirs(row, library), 0)
    file = folder / "theirs.pth"
    torch.save(there.state_dict(), file)
    load_weights(here, file)
    file.unlink()
    yield from (compared("in", here, there, size) for size in sizes)
    randomised(here, 1)
    file = folder / "ours.pth"
    save_weights(here, library, file)
    there.load_state_dict(torch.load(file, weights_only=True), strict=True)
    file.unlink()
    yield from (compared("out", here, there, size) for size in sizes)


@torch.inference_mode()
def compared(way: str, here: nn.Module, there: nn.Module, size: int) -> Parity:
    images = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(size))
    mine: Tensor = here(images)
    other: Tensor = there(images)
    apart = float((mine - other).abs().max() / other.abs().max())
    return Parity(way, size, apart, torch.equal(mine, other))


def sizes(row: Equivalent) -> tuple[int, int]:
    """Two inputs that the network takes: VGG's dense layers need 7x7 maps, Inception v3 and later 75 pixels."""
    if row.network.startswith("vgg"):
        return (224, 240)
    return (107, 139) if row.network.startswith("inception") else (64, 96)
