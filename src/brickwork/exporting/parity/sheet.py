"""The parity sheet: what was compared, how far apart it is, and what became of accuracy and latency."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import __version__ as pillow

from brickwork.evaluation.metrics.intervals import Estimate, paired_difference, wilson
from brickwork.exporting.int8.sheet import Int8Sheet
from brickwork.exporting.parity.compare import BOUND, LEVELS, Difference, ResizedDifference
from brickwork.exporting.parity.reference import Reference
from brickwork.machine import cores, processor_name

Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class AccuracyChange:
    """Accuracy of the model and of an engine on the same labelled images, and the difference with its interval."""

    name: str  # of a class, or "all"
    before: Estimate
    after: Estimate
    change: Estimate  # paired


@dataclass(frozen=True)
class EngineParity:
    """One engine in one precision, against the model in torch."""

    engine: str
    precision: str
    bound: float | None  # of the probabilities; None where they are shown as information
    same_pixels: Difference
    from_files: Difference | None  # None where the runtime does not read the format
    resized: ResizedDifference | None  # None without preprocessing in the graph
    accuracy: tuple[AccuracyChange, ...]  # of all, then of each class; none without labels
    latency: float  # milliseconds of one image, the median


@dataclass(frozen=True, repr=False)
class ParitySheet:
    """The parity sheet of an exported file."""

    network: str
    file: str
    format: str
    opset: int
    source: str  # of the images
    images: dict[str, int]  # by their kind
    engines: tuple[EngineParity, ...]
    latency: float  # milliseconds of one image in torch
    versions: dict[str, str]
    int8: Int8Sheet | None = None

    def __repr__(self) -> str:
        worst = max(row.same_pixels.probability for row in self.engines)
        counts = f"{len(self.engines)} engines, {sum(self.images.values())} images"
        return f"ParitySheet({self.file!r:.80}, {counts}, within {worst:.1e})"

    def document(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {"parity": 1, "bound": BOUND, "levels": LEVELS, **asdict(self)}


def accuracy_changes(reference: Reference, labels: NDArray[np.int64]) -> tuple[AccuracyChange, ...]:
    """Accuracy before and after, in all and class by class, of the samples that have a label."""
    counted = [i for i, sample in enumerate(reference.samples) if sample.label is not None]
    if not counted:
        return ()
    targets = np.array([reference.samples[i].label for i in counted])
    before, after = reference.labels[counted] == targets, labels[counted] == targets
    return change_by_class(reference.file.classes, targets, before, after)


def change_by_class(
    classes: tuple[str, ...], targets: NDArray[np.int64], before: Booleans, after: Booleans
) -> tuple[AccuracyChange, ...]:
    """Which images were right before and after a change, as accuracy in all and of each class that has images."""
    rows = [accuracy_change("all", before, after)]
    for place in sorted(set(targets.tolist())):
        of = targets == place
        rows.append(accuracy_change(classes[place], before[of], after[of]))
    return tuple(rows)


def accuracy_change(name: str, before: Booleans, after: Booleans) -> AccuracyChange:
    return AccuracyChange(name, share(before), share(after), paired_difference(before, after))


def share(correct: Booleans) -> Estimate:
    count, n = int(correct.sum()), len(correct)
    return Estimate(count / n, *wilson(count, n), n)


def versions() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "torch": torch.__version__,
        "pillow": pillow,
        "processor": processor_name(),
        "threads": str(cores()),
    }
