"""Calibration of a model: its temperature, and the confidence threshold of each coverage; fitted in `evaluation`."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, inf
from typing import Any, Protocol

from brickwork.errors import BrickworkError, check_kind

RECORD = "calibration"  # its place in a model's record
COVERAGE = 0.95  # of `predict`, where a model has a calibration and nothing else is asked for
COLDEST, HOTTEST = 1e-4, 100.0  # a temperature outside has no meaning


@dataclass(frozen=True)
class Threshold:
    """A confidence threshold, and the validation images whose confidence reaches it."""

    threshold: float
    n: int  # images at or above it
    correct: int  # of these, those whose prediction is the target


@dataclass(frozen=True)
class Calibration:
    """A temperature and confidence thresholds, from the validation images; kept in the model's record."""

    temperature: (
        float  # the logits are divided by it before the softmax; Guo et al. 2017, arXiv 1706.04599, section 4.2
    )
    n: int  # validation images
    thresholds: tuple[Threshold, ...]  # for a coverage of 1 %, 2 %, ... 100 %

    def at(self, coverage: float) -> Threshold:
        """The threshold that lets at least this share of images through; a share between two percents has the higher.

        Raises BrickworkError where it is no share.
        """
        if not 0 < coverage <= 1:
            raise BrickworkError(f"the coverage is a share above 0 and up to 1, not {coverage:g}.")
        return self.thresholds[ceil(100 * coverage - 1e-9) - 1]

    def document(self) -> dict[str, Any]:
        """As plain data for JSON; `read` takes it back."""
        rows = [[row.threshold, row.n, row.correct] for row in self.thresholds]  # "answered" is a name in old files
        return {"temperature": self.temperature, "n": self.n, "answered": rows}

    @staticmethod
    def read(document: object) -> "Calibration":
        """From what `document` gave; raises BrickworkError where it is not that."""
        match document:
            case {"temperature": temperature, "n": n, "answered": [*rows], **rest} if not rest:
                if is_number(temperature, COLDEST, HOTTEST) and is_count(n, 1) and are_thresholds(rows, n):
                    return Calibration(float(temperature), n, tuple(Threshold(float(t), n, k) for t, n, k in rows))
        raise BrickworkError(f"the calibration in the model file is damaged: found {document!r:.100}.")


class TrainedModel(Protocol):
    """A model file, or the document of an exported model: what has a record of its training."""

    @property
    def record(self) -> Mapping[str, Any]: ...


def is_number(value: Any, low: float, high: float) -> bool:
    """Whether this is a number in a range with both its ends; it may come from a file, and so be anything."""
    return type(value) in (int, float) and low <= value <= high  # which "not a number" is not


def is_count(value: object, low: int, high: float = inf) -> bool:
    return type(value) is int and low <= value <= high


def are_thresholds(rows: list[Any], n: int) -> bool:
    """Whether these are rows for 1 % to 100 % of n images: thresholds that fall, counts that grow."""
    if len(rows) != 100 or not all(isinstance(row, list) and len(row) == 3 for row in rows):
        return False
    if not all(is_number(t, 0, 1) and is_count(m, 1, n) and is_count(k, 0, m) for t, m, k in rows):
        return False
    thresholds, counts, correct = zip(*rows, strict=True)
    return sorted(thresholds, reverse=True) == [*thresholds] and all(sorted(c) == [*c] for c in (counts, correct))


def calibration_of(model: TrainedModel) -> Calibration | None:
    """The calibration in a model's record; None in one that has none. Raises BrickworkError where it is damaged."""
    return Calibration.read(model.record[RECORD]) if RECORD in model.record else None


def temperature_of(model: TrainedModel) -> float:
    """What a model's logits are divided by; 1 where it has no calibration."""
    calibration = calibration_of(model)
    return calibration.temperature if calibration else 1.0


def threshold_for(model: TrainedModel, coverage: float | None = None) -> Threshold | None:
    """The confidence threshold of `predict` and its validation images; None where every image gets its class.

    Without a coverage it is 0.95 where the model has a calibration. Raises BrickworkError where a coverage below 1 is
    asked of a model without a calibration, or none can be.
    """
    check_kind("coverage", coverage, (int, float, type(None)), "a share above 0 and up to 1")
    calibration = calibration_of(model)
    if calibration and coverage != 1:
        return calibration.at(COVERAGE if coverage is None else coverage)
    if coverage not in (None, 1):
        raise BrickworkError(
            f"the model file has no calibration, so no threshold is known for a coverage of {coverage:g}: "
            f"train the network again, as older versions did not calibrate, or leave the coverage out."
        )
    return None
