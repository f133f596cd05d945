"""Calibration: temperature scaling of the logits, and the confidence threshold of each coverage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, inf
from typing import Any

from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.model import ModelFile

RECORD = "calibration"  # its place in a model file's record
COVERAGE = 0.95  # of `predict`, where a file has a calibration and nothing else is asked for
COLDEST, HOTTEST = 1e-4, 100.0  # a temperature outside has no meaning


@dataclass(frozen=True)
class Threshold:
    """A confidence threshold, and the validation images whose confidence reaches it."""

    threshold: float
    n: int  # images at or above it
    correct: int  # of these, those whose prediction is the target


@dataclass(frozen=True)
class Calibration:
    """A temperature and confidence thresholds, from the validation images; kept in the model file's record."""

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


def calibration_of(file: ModelFile) -> Calibration | None:
    """The calibration in a file's record; None in one that has none. Raises BrickworkError where it is damaged."""
    document: Mapping[str, Any] = file.record
    return Calibration.read(document[RECORD]) if RECORD in document else None


def temperature_of(file: ModelFile) -> float:
    """What a file's logits are divided by; 1 where it has no calibration."""
    calibration = calibration_of(file)
    return calibration.temperature if calibration else 1.0


def probabilities(logits: Tensor, temperature: float = 1.0) -> Tensor:
    """N x classes in float64, from logits of the same shape."""
    return (logits.double() / temperature).softmax(1)


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature at which the validation labels are most probable: one number, the same on every call.

    With b = 1 / temperature the sum of the cross-entropies is convex, and (b - 1)^2 / 2 is added to it, as much as
    one image may weigh: so there is one minimum, also where every prediction is correct and the labels alone would ask
    for a temperature of 0. At that minimum the cross-entropy is never above the one at temperature 1.
    Logits are N x classes, labels N; raises BrickworkError where a logit is not finite, or there is no image.
    """
    if not len(logits) or not logits.isfinite().all():
        raise BrickworkError("a temperature is fitted to the finite logits of at least one image.")
    scores = logits.detach().double().cpu()
    scores = scores - scores.amax(1, keepdim=True)  # the softmax is the same, and nothing overflows
    own = scores.gather(1, labels.cpu().view(-1, 1)).sum().item()
    return 1 / newton_root(lambda b: slope(scores, own, b), 1 / HOTTEST, 1 / COLDEST)


def slope(scores: Tensor, own: float, b: float) -> tuple[float, float]:
    """The first and the second derivative, with respect to b, of what `fit_temperature` makes small."""
    shares = (scores * b).softmax(1)
    mean = (shares * scores).sum(1)
    spread = (shares * scores.square()).sum(1) - mean.square()
    return mean.sum().item() - own + b - 1, spread.sum().item() + 1


def newton_root(function: Callable[[float], tuple[float, float]], low: float, high: float) -> float:
    """Where a rising function is 0, or the nearest end: Newton's steps, and halves where these leave the range."""
    place = 1.0
    for _ in range(200):
        value, rise = function(place)
        low, high = (place, high) if value < 0 else (low, place)
        step = place - value / rise
        following = step if low < step < high else (low + high) / 2
        if abs(following - place) <= 1e-12 * place:
            break
        place = following
    return place


def calibrate(logits: Tensor, labels: Tensor) -> Calibration:
    """The calibration of a model from the logits (N x classes) and labels (N) of its validation images.

    The trainer calls it once, with the best epoch's logits, and keeps `document()` in the model file's record.
    Raises BrickworkError where a logit is not finite, or there is no image.
    """
    temperature = fit_temperature(logits, labels)
    best = probabilities(logits.cpu(), temperature).max(1)
    correct = best.indices == labels.cpu()
    ascending = best.values.sort().values.tolist()
    rows = [threshold_at(percent, ascending, best.values, correct) for percent in range(1, 101)]
    return Calibration(temperature, len(ascending), tuple(rows))


def threshold_at(percent: int, ascending: list[float], confidence: Tensor, correct: Tensor) -> Threshold:
    """The threshold for a coverage.

    Of n + 1 images in a random order, the last one is below the k-th smallest of the others with a chance of k at
    most in n + 1, whatever the distribution (Vovk et al. 2005; split conformal prediction).
    """
    left_out = (100 - percent) * (len(ascending) + 1) // 100
    threshold = ascending[left_out - 1] if left_out else 0.0
    through = confidence >= threshold
    return Threshold(threshold, int(through.sum()), int((through & correct).sum()))
