"""Quantisation of an exported file: candidates with ever fewer layers in float, of which the last good one stays."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from brickwork.data.dataset import Images
from brickwork.evaluation.logits import compute_logits, preprocessing_of
from brickwork.exporting.engines import INT8, open_engine
from brickwork.exporting.int8.images import Int8Images
from brickwork.exporting.int8.judge import (
    Booleans,
    Places,
    accuracy_loss,
    engine_labels,
    judge,
    sequence,
    too_costly,
)
from brickwork.exporting.int8.layers import IMAGES, rank_layers
from brickwork.exporting.int8.quantizers import RANGES, Plan, Ranges, quantize
from brickwork.exporting.int8.sheet import Drop, Int8Sheet, Trial
from brickwork.exporting.int8.speed import measure_speeds
from brickwork.exporting.parity.prove import Candidate, check_documents, prove_engine, refusal
from brickwork.exporting.parity.reference import torch_logits
from brickwork.exporting.parity.samples import spread_places
from brickwork.exporting.parity.sheet import AccuracyChange, EngineParity, change_by_class
from brickwork.machine import saturates_int8
from brickwork.model import ModelFile, lower
from brickwork.runtime.document import ExportDocument

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Judged:
    """A candidate in int8, and what every engine makes of the images that judge."""

    candidate: Candidate
    trial: Trial
    labels: dict[str, Places]  # by the engine's name


@dataclass(frozen=True, eq=False)
class Quantization:
    """A quantisation to make: of which candidate in float32, by which images, within which budget."""

    candidate: Candidate  # whose graph is lowered and proven
    document: ExportDocument
    images: Int8Images
    max_drop: float
    tell: Progress

    def run(self) -> tuple[Candidate, Int8Sheet, tuple[EngineParity, ...]]:
        """The file in int8 with its proof. Raises BrickworkError where none is within the budget."""
        self.tell("ranking layers by what 8 bits cost them")
        layers = self.layers()
        if not layers:
            raise refusal("the model has no convolution and no dense layer that could have 8 bits")
        before = self.right(labels_of(self.candidate.reference.file, self.images))
        judged: list[Judged] = []
        for in_float in sequence(layers):
            judged.append(self.try_layers(in_float, before))
            if not judged[-1].trial.within:
                break
        good = [each for each in judged if each.trial.within]
        if not good:
            raise refusal(too_costly(judged[0].trial, len(layers), self.max_drop, self.source))
        self.tell("timing fp32 and int8")
        trials = tuple(each.trial for each in judged)
        return good[-1].candidate, self.sheet(good[-1], trials, len(layers)), self.rows(good[-1], before)

    @property
    def source(self) -> str:
        return f"{self.images.source}, val"

    def layers(self) -> list[str]:
        """Paths of the model's convolutions and dense layers, the most sensitive to 8 bits first."""
        file = self.candidate.reference.file
        return rank_layers(lower(file.model), preprocessing_of(file).normalize(torch.from_numpy(self.some())))

    def some(self) -> Images:
        """A few of the images that calibrate."""
        images = self.images.calibration
        some: Images = images[spread_places(len(images), IMAGES)]
        return some

    def write(self, in_float: tuple[str, ...]) -> Path:
        """Write a file with these layers in float, by the ranges that move the logits of training images least."""
        kinds = RANGES[self.candidate.path.suffix]
        paths = [self.write_by(kind, in_float) for kind in kinds]
        return min(paths, key=self.movement) if len(paths) > 1 else paths[0]

    def write_by(self, ranges: Ranges, in_float: tuple[str, ...]) -> Path:
        """Write a file into a folder of its own."""
        source = self.candidate.path
        path = source.parent / f"int8-{len(in_float)}-{ranges}" / source.name
        path.parent.mkdir()
        document = replace(self.document, precision="int8")
        quantize(source, path, Plan(document, self.images.calibration, ranges, in_float))
        return path

    def movement(self, path: Path) -> float:
        """The mean square by which the logits of a few training images move; no label is needed for it."""
        pixels, engine = self.some(), self.candidate.format.installed()[0]
        found = open_engine(path, engine, INT8).run(pixels)["logits"]
        apart = np.square(found - torch_logits(self.candidate.reference.file, pixels)).mean()
        return float(np.nan_to_num(apart, nan=np.inf))

    def right(self, labels: Places) -> Booleans:
        """Which images have their class."""
        found: Booleans = labels == self.images.labels
        return found

    def try_layers(self, in_float: tuple[str, ...], before: Booleans) -> Judged:
        """Write a candidate and judge it by every engine that reads it."""
        self.tell(f"quantising, with {len(in_float)} layers in float")
        candidate = replace(self.candidate, path=self.write(in_float))
        check_documents(candidate)
        self.tell(f"judging it on {len(before):,} images")
        labels = dict(engine_labels(candidate.path, engine, self.images) for engine in candidate.format.installed())
        drops = tuple(Drop(name, accuracy_loss(before, self.right(found))) for name, found in labels.items())
        return Judged(candidate, judge(in_float, drops, self.max_drop), labels)

    def sheet(self, good: Judged, trials: tuple[Trial, ...], layers: int) -> Int8Sheet:
        engines = good.candidate.format.installed()
        speeds = measure_speeds(self.candidate.path, good.candidate.path, engines, self.images.held_out[:32])
        calibration = len(self.images.calibration)
        return Int8Sheet(self.max_drop, self.source, calibration, layers, saturates_int8(), trials, speeds)

    def rows(self, good: Judged, before: Booleans) -> tuple[EngineParity, ...]:
        """The parity sheet's rows: how far int8 is from the model, and what every class lost."""
        engines = good.candidate.format.installed()
        found = [prove_engine(good.candidate, engine, INT8) for engine in engines]
        return tuple(replace(row, accuracy=self.changes(before, good.labels[row.engine])) for row in found)

    def changes(self, before: Booleans, labels: Places) -> tuple[AccuracyChange, ...]:
        classes = self.candidate.reference.file.classes
        return change_by_class(classes, self.images.labels, before, self.right(labels))


def labels_of(file: ModelFile, images: Int8Images) -> Places:
    """The class that the model itself gives each image that judges, by torch in float32."""
    steps = preprocessing_of(file)
    found = [compute_logits(file.model, torch.from_numpy(pixels), steps).argmax(1) for pixels in images.batches()]
    return torch.cat(found).numpy()
