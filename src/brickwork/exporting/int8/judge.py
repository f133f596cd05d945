"""Judgement of int8: the accuracy that it loses on images that were held out, as a paired interval within a budget.

Candidates are judged in an order that is set before any label is looked at, from the most layers in float to the
fewest, and the first that is beyond the budget ends it: so several looks at the same images need no correction (a
fixed sequence of tests; Maurer, Hothorn, Lehmacher 1995).
"""

from math import ceil, isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brickwork.errors import BrickworkError
from brickwork.evaluation.metrics.intervals import Estimate, paired_difference
from brickwork.exporting.engines import INT8, open_engine
from brickwork.exporting.int8.images import Int8Images
from brickwork.exporting.int8.sheet import Drop, Trial, drop_text
from brickwork.exporting.parity.prove import refusal

KEPT = (8, 4, 2, 1, 0)  # layers in float, one candidate after another

Booleans = NDArray[np.bool_]
Places = NDArray[np.int64]  # of each image's most probable class


def check_budget(max_drop: float) -> float:
    """The budget; raises BrickworkError where it is no number of points."""
    if type(max_drop) not in (int, float) or not isfinite(max_drop) or not 0 < max_drop <= 100:
        raise BrickworkError(
            f"the largest drop is a number of points of accuracy above 0 and up to 100, not {max_drop!r:.80}."
        )
    return float(max_drop)


def sequence(ranking: list[str]) -> list[tuple[str, ...]]:
    """The layers that each candidate keeps in float, from the most to none; one layer at least is in int8."""
    return [tuple(ranking[:count]) for count in KEPT if count < len(ranking)]


def engine_labels(path: Path, engine: str, images: Int8Images) -> tuple[str, Places]:
    """An engine's name and version, and the class that it gives each image that judges; raises BrickworkError."""
    opened = open_engine(path, engine, INT8)
    logits = np.concatenate([opened.run(pixels)["logits"] for pixels in images.batches()])
    if not np.isfinite(logits).all():
        raise refusal(f"in int8 by {opened.name}, some logits are infinite or not numbers (NaN)")
    return opened.name, logits.argmax(1)


def accuracy_loss(before: Booleans, after: Booleans) -> Estimate:
    """The share that is lost, positive where it is less than before, with Newcombe's interval for pairs."""
    change = paired_difference(before, after)
    return Estimate(0.0 - change.value, 0.0 - change.high, 0.0 - change.low, change.n)


def judge(in_float: tuple[str, ...], drops: tuple[Drop, ...], max_drop: float) -> Trial:
    """Whether the upper bound of the drop is within the budget, by every engine."""
    return Trial(in_float, drops, all(100 * drop.lost.high <= max_drop for drop in drops))


def too_costly(trial: Trial, layers: int, max_drop: float, source: str) -> str:
    """Why an export is refused: it costs more, or the images are too few to tell."""
    drop = trial.worst
    kept = f"with {len(trial.in_float)} of {layers} layers in float, int8"
    facts = f"{kept} costs accuracy {drop_text(drop, max_drop)} of {source}"
    if 100 * drop.lost.value >= max_drop:
        return f"{facts}: allow a larger --max-drop, or stay in float"
    return (
        f"{facts}: the images are too few to tell whether it is within; some {enough_images(drop.lost, max_drop):,} "
        f"validation images would do (--data), or a larger --max-drop"
    )


def enough_images(lost: Estimate, max_drop: float) -> int:
    """How many images would tell, if the share that is lost stays: an interval shrinks with their square root."""
    half, room = lost.high - lost.value, max_drop / 100 - lost.value
    count = ceil(lost.n * (half / room) ** 2)
    digits = max(0, len(str(count)) - 2)  # two are enough of what is but an estimate
    step = int("1" + "0" * digits)
    return ceil(count / step) * step
