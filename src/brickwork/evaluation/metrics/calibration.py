"""Fitting of a calibration: temperature scaling of the logits, and the confidence threshold of each coverage."""

from collections.abc import Callable

from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.runtime.calibration import COLDEST, HOTTEST, Calibration, Threshold


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
