"""The reference of a parity sheet: the model itself in torch, in float32, with its own preprocessing and classes."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from brickwork.data.dataset import Images
from brickwork.data.images.decode import decode_bytes
from brickwork.data.preprocessing import Preprocessing
from brickwork.evaluation.logits import compute_logits, preprocessing_of
from brickwork.exporting.parity.samples import Sample
from brickwork.model import ModelFile
from brickwork.runtime.calibration import temperature_of
from brickwork.runtime.prediction import softmax

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Reference:
    """What the model computes of every sample."""

    file: ModelFile
    preprocessing: Preprocessing
    samples: tuple[Sample, ...]
    pixels: Images  # N x C x H x W
    logits: NDArray[np.float32]  # N x classes
    probabilities: Floats

    @property
    def labels(self) -> NDArray[np.int64]:
        """The most probable class of each sample."""
        labels: NDArray[np.int64] = self.probabilities.argmax(1)
        return labels


def make_reference(file: ModelFile, samples: tuple[Sample, ...]) -> Reference:
    preprocessing = preprocessing_of(file)
    pixels = np.stack([preprocess_sample(sample, preprocessing) for sample in samples])
    logits = torch_logits(file, pixels)
    return Reference(file, preprocessing, samples, pixels, logits, softmax(logits, temperature_of(file)))


def torch_logits(file: ModelFile, pixels: Images, preprocessing: Preprocessing | None = None) -> NDArray[np.float32]:
    """The logits of bytes, N x classes, by torch; with another preprocessing, as it normalises."""
    found = compute_logits(file.model, torch.from_numpy(pixels), preprocessing or preprocessing_of(file))
    return found.numpy()


def preprocess_sample(sample: Sample, preprocessing: Preprocessing) -> Images:
    """The pixels of a sample, as prediction makes them of its file."""
    image = decode_bytes(sample.content, sample.name, least=preprocessing.least, range=preprocessing.range)
    return preprocessing.pixels(image)


def decode_in_full(sample: Sample, preprocessing: Preprocessing) -> Images:
    """A sample as a program without Python gives it to the graph that resizes: upright, height x width x C."""
    image = preprocessing.convert(decode_bytes(sample.content, sample.name, range=preprocessing.range))
    return preprocessing.array(image).copy()
