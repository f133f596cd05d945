"""Prediction by a model file with torch, in this process or in several, or by an exported model without torch."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from brickwork.errors import BrickworkError, require
from brickwork.machine import LEAST_MEMORY, batch_threads, compute_threads
from brickwork.network import Layer, from_json
from brickwork.network.limits import images_at_once
from brickwork.network.serialize import UnknownLayer
from brickwork.processes import check_nproc
from brickwork.ray_cluster import check_cluster
from brickwork.runtime import ExportDocument, Session, is_exported, load
from brickwork.runtime.calibration import temperature_of, threshold_for
from brickwork.runtime.engines import check_precisions
from brickwork.runtime.inputs import ImageInputs, NamedImage, iter_images
from brickwork.runtime.prediction import Prediction, Predictor, batches, check_count, predict_batches

if TYPE_CHECKING:
    from brickwork.model import ModelFile

BATCH = 16  # images at a time: no slower than more, and their maps stay in the processor's cache
UNKNOWN_BATCH = 16  # images at a time where the network has layers of somebody's own, whose memory is not known


@dataclass(frozen=True)
class Execution:
    """How a prediction is computed: images at a time, processes, engine, and the precisions that are allowed."""

    batch: int
    nproc: int | None
    engine: str | None
    allow: Collection[str]


def predict(
    model: "ModelFile | Session | str | Path",
    images: ImageInputs,
    *,
    batch: int = BATCH,
    coverage: float | None = None,
    top: int = 1,
    nproc: int | None = None,
    engine: str | None = None,
    allow: Collection[str] = (),
) -> list[Prediction]:
    """Predicts classes of images: a list with a prediction for every image, also where only one is given.

    The model is a model file or its path, or an exported model, an .onnx or .xml, which needs no torch: `engine` is
    then "onnxruntime" or "openvino", else the first that is installed and reads it. Images are a path of a file or of
    a folder, which has every image below it in natural order, a PIL image, an array of uint8 (H x W, or H x W x C with
    1, 3 or 4 channels), or several of these, mixed as they come. One in memory is treated as its file would be, and
    named "image 0" by its position.

    What cannot be read is a prediction with the reason: a damaged file, a path that leads nowhere, a folder without
    an image. A folder's hidden and junk entries, and its files that are no images, are passed over. Of images like
    those of the validation, a share of `coverage` at least gets its most probable class (`top` of them in `.top`),
    and the others are "unsure": 0.95 without one where the file has a calibration, and 1 gives every image its class.
    `nproc` processes of one thread each, whatever their number, predict the same by a model file, bit for bit; with
    `engine="ray"` they are those of the Ray cluster that RAY_ADDRESS names, or of one on this machine.
    It computes in float32, unless "bf16" is in `allow` and the processor has it.
    Raises BrickworkError where there is no such model file, where `threshold_for` does, and for an array of another
    kind.
    """
    return list(
        iter_predictions(
            model, images, batch=batch, coverage=coverage, top=top, nproc=nproc, engine=engine, allow=allow
        )
    )


def iter_predictions(
    model: "ModelFile | Session | str | Path",
    images: ImageInputs,
    *,
    batch: int = BATCH,
    coverage: float | None = None,
    top: int = 1,
    nproc: int | None = None,
    engine: str | None = None,
    allow: Collection[str] = (),
) -> Iterator[Prediction]:
    """What `predict` gives, a batch at a time as it is asked for: for more images than a list should hold.

    The model and the coverage are checked at once; images are read, and refused, on the way. Where there is more than
    one batch, every core decodes and computes batches of its own, two of which wait for the one before them.
    """
    check_count("batch", batch)
    check_count("top", top)
    check_nproc(nproc)
    check_cluster(engine, nproc)
    execution = Execution(batch, nproc, engine, check_precisions(allow))
    opened = open_model(model, engine, allow=execution.allow)
    threshold = threshold_for(facts_of(opened), coverage)
    least = threshold.threshold if threshold else 0.0
    found = iter_images(images)
    if isinstance(opened, Session):
        return chain.from_iterable(session_predictions(opened, found, least, top, execution))
    return chain.from_iterable(file_predictions(opened, found, least, top, execution))


def open_model(
    model: "ModelFile | Session | str | Path",
    engine: str | None = None,
    own: Sequence[type[Layer]] = (),
    allow: Collection[str] = (),
) -> "ModelFile | Session":
    """What predicts: a session for the path of an exported model; else a model file, for which torch is imported.

    `own` are your own layer classes, if the network of a model file has any. Raises BrickworkError where there is none,
    or a damaged one, and where its engine is not installed.
    """
    if isinstance(model, Session):
        return model
    if isinstance(model, str | Path) and is_exported(model):
        return load(model, engine=engine, streams=batch_threads(), allow=allow, batch=BATCH)
    if engine not in (None, "torch", "ray"):
        raise BrickworkError(f"{engine} runs exported models: 'brickwork export' makes one of a model file.")
    require("torch", "train", "predict")
    from brickwork.evaluation.data import as_model_file

    return as_model_file(model, own)


def batch_size_of(model: "ModelFile | Session", most: int = BATCH) -> int:
    """How many images a model takes at a time, whatever the machine: last bits depend on it."""
    if isinstance(model, Session):
        return session_batch_size(model.document, most)
    from brickwork.evaluation.logits import stable_batch_size

    return stable_batch_size(model.model, most)


def engine_of(model: "ModelFile | Session") -> str:
    """What computes, with its version."""
    if isinstance(model, Session):
        return model.engine
    import torch

    return f"torch {torch.__version__}"


def facts_of(model: "ModelFile | Session") -> "ModelFile | ExportDocument":
    """What tells a model's classes and its record."""
    return model.document if isinstance(model, Session) else model


def session_predictions(
    session: Session, images: Iterator[NamedImage], threshold: float, top: int, execution: Execution
) -> Iterator[list[Prediction]]:
    """The predictions of all batches by an exported model."""
    if execution.nproc is not None:
        raise BrickworkError("nproc is for model files: an exported model computes in one process, on all cores.")
    document = session.document
    temperature = temperature_of(document)
    predictor = Predictor(session.logits, document.classes, document.preprocessing, temperature, threshold, top)
    groups = batches(images, session_batch_size(document, execution.batch))
    if session.streams == 1:
        return map(predictor.predictions, groups)
    return predict_batches(replace(predictor, readers=1), groups, session.streams)


def session_batch_size(document: ExportDocument, most: int) -> int:
    """How many images an exported model takes at a time; raises BrickworkError where its network is another's."""
    try:
        network = from_json(document.network)
    except UnknownLayer:
        return min(most, UNKNOWN_BATCH)
    except (BrickworkError, ValueError) as fault:
        raise BrickworkError(f"the document of the exported model is damaged: {fault}") from None
    if (network.input, network.classes) != (document.preprocessing.shape, len(document.classes)):
        raise BrickworkError("the document of the exported model is damaged: its network has another input or output.")
    return images_at_once(network, LEAST_MEMORY, most)


def file_predictions(
    file: "ModelFile", images: Iterator[NamedImage], threshold: float, top: int, execution: Execution
) -> Iterator[list[Prediction]]:
    """The predictions of all batches by a model file."""
    from brickwork.evaluation.logits import FileLogits, preprocessing_of, stable_batch_size

    predictor = Predictor(
        logits=FileLogits(file, threads=1 if execution.nproc else 0),
        classes=file.classes,
        preprocessing=preprocessing_of(file),  # raises where it is not the network's
        temperature=temperature_of(file),
        threshold=threshold,
        top=top,
    )
    return compute_batches(predictor, file, batches(images, stable_batch_size(file.model, execution.batch)), execution)


def compute_batches(
    predictor: Predictor, file: "ModelFile", groups: Iterator[list[NamedImage]], execution: Execution
) -> Iterator[list[Prediction]]:
    """The predictions of batches: of a single one by all threads, of more each by one thread and the lowered model."""
    from brickwork.evaluation.logits import lower_file

    first = list(islice(groups, 2))
    if len(first) < 2:
        yield from map(predictor.predictions, first)
        return
    lowered, nproc = lower_file(file, execution.allow), execution.nproc
    groups, predictor = chain(first, groups), replace(predictor, logits=lowered, readers=1)
    if nproc and execution.engine == "ray":
        from brickwork.evaluation.ray import map_on_ray

        yield from map_on_ray(predictor.predictions, file.model, groups, nproc)
    elif nproc and nproc > 1:
        from brickwork.evaluation.parallel import map_in_processes

        yield from map_in_processes(predictor.predictions, file.model, groups, nproc)
    else:
        lowered.to_device()
        with compute_threads(1):
            yield from predict_batches(predictor, groups, nproc or batch_threads())
