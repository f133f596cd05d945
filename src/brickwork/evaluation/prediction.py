"""Prediction by a model file: its logits by torch, in this process or in several."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from brickwork.errors import require
from brickwork.processes import check_nproc
from brickwork.runtime.calibration import temperature_of, threshold_for
from brickwork.runtime.inputs import ImageInputs, NamedImage, iter_images
from brickwork.runtime.prediction import Prediction, Predictor, batches, check_count

if TYPE_CHECKING:
    from brickwork.model import ModelFile


def iter_predictions(
    model: "ModelFile | str | Path",
    images: ImageInputs,
    *,
    batch: int = 64,
    coverage: float | None = None,
    top: int = 1,
    nproc: int | None = None,
) -> Iterator[Prediction]:
    """What `predict` gives, a batch at a time as it is asked for: for more images than a list should hold.

    The model and the coverage are checked at once; images are read, and refused, on the way.
    """
    require("torch", "train", "predict")
    from brickwork.evaluation.data import as_model_file

    check_count("batch", batch)
    check_count("top", top)
    check_nproc(nproc)
    file = as_model_file(model)
    threshold = threshold_for(file, coverage)
    least = threshold.threshold if threshold else 0.0
    return chain.from_iterable(file_predictions(file, iter_images(images), least, top, batch, nproc))


def file_predictions(
    file: "ModelFile", images: Iterator[NamedImage], threshold: float, top: int, batch: int, nproc: int | None
) -> Iterator[list[Prediction]]:
    """The predictions of all batches, by so many processes of one thread, or by all threads of this one."""
    from brickwork.evaluation.logits import FileLogits, preprocessing_of, stable_batch_size
    from brickwork.evaluation.parallel import map_in_processes

    predictor = Predictor(
        logits=FileLogits(file, threads=1 if nproc else 0),
        classes=file.classes,
        preprocessing=preprocessing_of(file),  # raises where it is not the network's
        temperature=temperature_of(file),
        threshold=threshold,
        top=top,
        readers=1 if nproc and nproc > 1 else 0,
    )
    groups = batches(images, stable_batch_size(file.model, batch))
    if nproc is None or nproc == 1:
        return map(predictor.predictions, groups)
    return map_in_processes(predictor.predictions, file.model, groups, nproc)


def predict(
    model: "ModelFile | str | Path",
    images: ImageInputs,
    *,
    batch: int = 64,
    coverage: float | None = None,
    top: int = 1,
    nproc: int | None = None,
) -> list[Prediction]:
    """Predicts classes of images: a list with a prediction for every image, also where only one is given.

    The model is a model file or its path. Images are a path of a file or of a folder, which has every image below it
    in natural order, a PIL image, an array of uint8 (H x W, or H x W x C with 1, 3 or 4 channels), or several of
    these, mixed as they come. One in memory is treated as its file would be, and named "image 0" by its position.

    What cannot be read is a prediction with the reason: a damaged file, a path that leads nowhere, a folder without
    an image. A folder's hidden and junk entries, and its files that are no images, are passed over. Of images like
    those of the validation, a share of `coverage` at least gets its most probable class (`top` of them in `.top`),
    and the others are "unsure": 0.95 without one where the file has a calibration, and 1 gives every image its class.
    `nproc` processes of one thread each, whatever their number, predict the same, bit for bit.
    Raises BrickworkError where there is no such model file, where `threshold_for` does, and for an array of another
    kind.
    """
    return list(iter_predictions(model, images, batch=batch, coverage=coverage, top=top, nproc=nproc))
