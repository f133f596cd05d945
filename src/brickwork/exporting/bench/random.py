"""Random networks and pictures whose logits tell one picture from another, so that a comparison can fail."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from brickwork.model import Model, ModelFile, build
from brickwork.model.file import plain_preprocessing
from brickwork.network import Network

CELLS = 4  # a side of a picture, in patches of one colour
IMAGES = 4  # by which layers are scaled


def random_file(network: Network) -> ModelFile:
    """A network with fresh weights as a model file in memory: speed does not depend on what weights are."""
    torch.manual_seed(0)
    names = tuple(map(str, range(network.classes)))
    file = ModelFile(build(network).eval(), names, plain_preprocessing(network), {})
    scale_layers(file.model, torch.from_numpy(pictures(network, IMAGES)) / 255)
    return file


@torch.no_grad()
def scale_layers(model: Model, images: Tensor) -> None:
    """Layer-sequential unit variance (Mishkin, Matas 2016): each layer's output differs from image to image by one.

    With fresh weights the logits of LeNet-5 differ in their sixth digit alone, whatever the picture, and a faulty
    engine would pass.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(_scale_output) for layer in layers]
    try:
        model(images)
    finally:
        for hook in hooks:
            hook.remove()


def _scale_output(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
    """Scales a layer by its output's deviation over the images, and centres it where it has a bias."""
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    factor = 1 / output.std(0).mean().clamp(min=1e-6)
    layer.weight *= factor
    if layer.bias is None:
        return output * factor
    shape = [1, -1, *[1] * (output.dim() - 2)]
    plain = (output - layer.bias.view(shape)) * factor
    layer.bias.copy_(-plain.transpose(0, 1).flatten(1).mean(1))
    return plain + layer.bias.view(shape)


def pictures(network: Network, count: int) -> NDArray[np.uint8]:
    """Patches of colours under noise, the same in every run."""
    chance, (channels, height, width) = np.random.default_rng(0), network.input
    rows, columns = (np.arange(side) * CELLS // side for side in (height, width))
    patches = chance.integers(0, 192, (count, channels, CELLS, CELLS), np.uint8)[:, :, rows[:, None], columns]
    made: NDArray[np.uint8] = patches + chance.integers(0, 64, (count, channels, height, width), np.uint8)
    return made
