"""Comparisons of a parity sheet: how far an engine's outputs are from the model's, and what is refused."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from brickwork.data.dataset import Images
from brickwork.errors import BrickworkError
from brickwork.evaluation.prediction import predict
from brickwork.exporting.engines import Engine, Outputs
from brickwork.exporting.parity.reference import Floats, Reference, decode_in_full
from brickwork.exporting.parity.samples import Sample
from brickwork.runtime.prediction import Prediction
from brickwork.runtime.session import OUTPUTS, Session

BOUND = 1e-4  # of a probability's difference in float32
LOGITS_SPREAD, LOGITS_SIZE = 1e-3, 1e-5  # of logits: a share of how they vary from image to image, and of their size
LEVELS = 1  # of 255, of a pixel that the graph resizes
BATCH = 16  # images that an engine takes at a time
ALONE = 4  # images that are also computed one at a time


@dataclass(frozen=True)
class Difference:
    """How far outputs are from the model's, over all images."""

    probability: float  # the largest difference of a probability
    logit: float | None  # None of predictions, which have none
    labels: int  # images whose most probable class is another
    worst: str  # the image with the largest difference


@dataclass(frozen=True)
class ResizedDifference:
    """How far the graph that resizes is from the model, which prepares images by Pillow."""

    levels: int  # the largest difference of a pixel, of 255, for the same decoded image
    off: float  # share of the pixels that differ
    probability: float
    labels: int
    worst: str


@dataclass(frozen=True, eq=False)
class Found:
    """What an engine computed of all samples, N x classes each."""

    logits: Floats
    probabilities: Floats


def run_batches(engine: Engine, pixels: Images, size: int = BATCH) -> Found:
    """An engine's outputs for bytes, N x C x H x W."""
    parts = [engine.run(pixels[start : start + size]) for start in range(0, len(pixels), size)]
    return Found(*(np.concatenate([part[name] for part in parts]) for name in OUTPUTS[:2]))


def difference(reference: Reference, found: Found) -> Difference:
    """How far an engine's outputs are from the model's; what is not a number is infinitely far."""
    apart = np.nan_to_num(np.abs(found.probabilities - reference.probabilities), nan=np.inf).max(1)
    logits = np.nan_to_num(np.abs(found.logits - reference.logits), nan=np.inf)
    labels = int((found.probabilities.argmax(1) != reference.labels).sum())
    return Difference(float(apart.max()), float(logits.max()), labels, reference.samples[apart.argmax()].name)


def logit_bound(reference: Reference) -> float:
    """The difference of a logit that is still float32's: probabilities near 0 and 1 would hide larger ones."""
    spread = np.abs(reference.logits - reference.logits.mean(0)).max()
    return float(LOGITS_SPREAD * spread + LOGITS_SIZE * np.abs(reference.logits).max())


def is_within(found: Difference, reference: Reference) -> bool:
    assert found.logit is not None, "an engine's outputs have logits"
    return found.probability <= BOUND and found.logit <= logit_bound(reference)


def alone_difference(engine: Engine, reference: Reference, found: Found) -> float:
    """How far an image's probabilities are from those it has in a batch, when it is computed alone."""
    alone = run_batches(engine, reference.pixels[:ALONE], 1)
    return float(np.abs(alone.probabilities - found.probabilities[:ALONE]).max())


def predict_files(session: Session, samples: tuple[Sample, ...]) -> list[Prediction]:
    """The predictions of samples as files, by the runtime and all that the exported model says of itself."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.png" for number in range(len(samples))]
        for path, sample in zip(paths, samples, strict=True):
            path.write_bytes(sample.content)
        return predict(session, paths, coverage=1, top=len(session.document.classes))


def files_difference(reference: Reference, rows: list[Prediction]) -> Difference:
    """How far predictions from files are from the model's, class by class by its name."""
    for row, sample in zip(rows, reference.samples, strict=True):
        if row.reason:
            raise BrickworkError(f"the runtime cannot read {sample.name}: {row.reason}.")
    places = {name: place for place, name in enumerate(reference.file.classes)}
    found = np.zeros_like(reference.probabilities)
    for number, row in enumerate(rows):
        for guess in row.top:
            found[number, places[guess.label]] = guess.probability
    apart = np.abs(found - reference.probabilities).max(1)
    labels = int((found.argmax(1) != reference.labels).sum())
    return Difference(float(apart.max()), None, labels, reference.samples[apart.argmax()].name)


@dataclass(frozen=True, eq=False)
class Resized:
    """What a graph that resizes computed of one sample, beside Pillow's pixels of the same decoded image."""

    outputs: Outputs
    wanted: Images  # C x H x W


def run_images(engine: Engine, reference: Reference) -> list[Resized]:
    """Every sample, decoded in full, through a graph that resizes; one at a time, as it takes them."""
    preprocessing, rows = reference.preprocessing, []
    for sample in reference.samples:
        image = decode_in_full(sample, preprocessing)
        rows.append(Resized(engine.run(image), pillow_pixels(image, reference)))
    return rows


def pillow_pixels(image: Images, reference: Reference) -> Images:
    """The input that the preprocessing makes of decoded pixels, height x width x C."""
    from PIL import Image

    return reference.preprocessing.pixels(Image.fromarray(image[..., 0] if image.shape[2] == 1 else image))


def resized_difference(reference: Reference, rows: list[Resized]) -> ResizedDifference:
    levels = [np.abs(row.outputs["pixels"][0].astype(int) - row.wanted) for row in rows]
    found = np.concatenate([row.outputs["probabilities"] for row in rows])
    largest = [int(each.max()) for each in levels]
    return ResizedDifference(
        levels=max(largest),
        off=float(np.mean([(each > 0).mean() for each in levels])),
        probability=float(np.abs(found - reference.probabilities).max()),
        labels=int((found.argmax(1) != reference.labels).sum()),
        worst=reference.samples[int(np.argmax(largest))].name,
    )
