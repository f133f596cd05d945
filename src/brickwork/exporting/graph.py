"""Graphs of an exported model: from bytes to logits and probabilities, with all that prediction computes inside."""

import torch
from torch import Tensor, nn

from brickwork.data.preprocessing import Preprocessing
from brickwork.evaluation.logits import preprocessing_of
from brickwork.exporting.resize import Resize
from brickwork.model import ModelFile
from brickwork.runtime.calibration import temperature_of

Outputs = tuple[Tensor, Tensor]  # logits, probabilities: N x classes each


class BatchGraph(nn.Module):
    """From bytes N x C x H x W to logits and probabilities: normalise, the model without side heads, softmax."""

    mean: Tensor
    std: Tensor

    def __init__(self, file: ModelFile, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.model = file.model
        self.register_buffer("mean", torch.tensor(preprocessing.mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(preprocessing.std).view(-1, 1, 1))
        self.temperature = temperature_of(file)

    def forward(self, images: Tensor) -> Outputs:
        logits = self.model((images.float() / 255 - self.mean) / self.std)
        return logits, (logits / self.temperature).softmax(1)


class ImageGraph(nn.Module):
    """From one image of any size, height x width x C, to logits and probabilities: resizing and cropping inside."""

    def __init__(self, batch: BatchGraph, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.resize, self.batch = Resize(preprocessing), batch

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        pixels = self.resize(image).unsqueeze(0)
        logits, probabilities = self.batch(pixels)
        return logits, probabilities, pixels


def batch_graph(file: ModelFile) -> BatchGraph:
    """The graph that takes batches, in evaluation mode."""
    return BatchGraph(file, preprocessing_of(file)).eval()


def image_graph(file: ModelFile) -> ImageGraph:
    """The graph that takes one image of any size, in evaluation mode; raises BrickworkError where it cannot be made."""
    return ImageGraph(batch_graph(file), preprocessing_of(file)).eval()


def trace(graph: BatchGraph | ImageGraph, preprocessing: Preprocessing) -> torch.export.ExportedProgram:
    """The graph as torch.export takes it: any number of images, or one of any size."""
    if isinstance(graph, BatchGraph):
        sample, sizes = torch.zeros(2, *preprocessing.shape, dtype=torch.uint8), {0: torch.export.Dim("batch", min=1)}
        return torch.export.export(graph, (sample,), dynamic_shapes={"images": sizes})
    height, width = preprocessing.height + 7, preprocessing.width + 3  # no side alike: none is taken for another
    sample = torch.zeros(height, width, preprocessing.channels, dtype=torch.uint8)
    sizes = {0: torch.export.Dim("height", min=1), 1: torch.export.Dim("width", min=1)}
    return torch.export.export(graph, (sample,), dynamic_shapes={"image": sizes})
