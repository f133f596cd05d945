"""What a parity sheet tells of int8: the budget, the drop, layers in float, and how fast it is."""

from dataclasses import dataclass

from brickwork.evaluation.metrics.intervals import Estimate
from brickwork.exporting.bench.timing import Spread
from brickwork.network.columns import RULE, Row, format_columns


@dataclass(frozen=True)
class Drop:
    """The accuracy that int8 loses by one engine: a share of the same images, with its paired 95 % interval."""

    engine: str
    lost: Estimate


@dataclass(frozen=True)
class Trial:
    """A quantisation that was judged."""

    in_float: tuple[str, ...]  # paths of the layers
    drops: tuple[Drop, ...]
    within: bool  # whether each upper bound is within the budget

    @property
    def worst(self) -> Drop:
        return max(self.drops, key=lambda drop: drop.lost.high)


@dataclass(frozen=True)
class PrecisionSpeed:
    """One engine's time in one precision at one batch."""

    engine: str
    precision: str
    batch: int
    seconds: Spread
    faster: Spread  # than float32 by the same engine, how many times


@dataclass(frozen=True)
class Int8Sheet:
    """The quantisation of an exported file, and its proof."""

    max_drop: float  # points of accuracy
    source: str  # of the images that judged
    calibration: int  # training images that gave the ranges
    layers: int  # convolutions and dense layers that there are
    reduced: bool  # whether weights have 7 bits, as this processor has no VNNI
    trials: tuple[Trial, ...]  # from the most layers in float to the fewest; those within the budget, and one beyond
    speeds: tuple[PrecisionSpeed, ...]

    @property
    def accepted(self) -> Trial:
        """The one that was written."""
        return [trial for trial in self.trials if trial.within][-1]


def int8_lines(sheet: Int8Sheet, width: int) -> list[str]:
    """The part of a parity sheet that is about int8."""
    trial = sheet.accepted
    names = ", ".join(trial.in_float) or "none"
    bits = "7 bits, as this processor has no VNNI" if sheet.reduced else "8 bits"
    return [
        f"int8: {sheet.layers - len(trial.in_float):,} of {sheet.layers:,} layers, weights of {bits}; ranges of "
        f"{sheet.calibration:,} training images. In float: {names}.",
        *(f"Accuracy lost {drop_text(drop, sheet.max_drop)} of {sheet.source}." for drop in trial.drops),
        "",
        *format_columns([SPEED_HEAD, RULE, *map(speed_row, sheet.speeds)], "<<>>>>", width),
        *slower_lines(sheet.speeds),
        "",
    ]


def drop_text(drop: Drop, max_drop: float) -> str:
    value, low, high = (100 * part for part in (drop.lost.value, drop.lost.low, drop.lost.high))
    return (
        f"by {drop.engine}: {value:.2f} points (95 % interval {low:.2f} to {high:.2f}, at most {max_drop:g} allowed) "
        f"on {drop.lost.n:,} images"
    )


SPEED_HEAD = ("engine", "precision", "batch", "ms", "95 %", "fp32")


def speed_row(speed: PrecisionSpeed) -> Row:
    times = *speed.seconds.milliseconds(), f"{speed.faster.median:.2f}x"
    return (speed.engine, speed.precision, str(speed.batch), *times)


def slower_lines(speeds: tuple[PrecisionSpeed, ...]) -> list[str]:
    """Sentences on where int8 is slower than float32, or no faster that one could tell."""
    return [
        f"int8 is {'slower' if speed.faster.high < 1 else 'no faster'} than fp32 by {speed.engine} at batch "
        f"{speed.batch}: {speed.faster.median:.2f} times as fast ({speed.faster.low:.2f} to {speed.faster.high:.2f})."
        for speed in speeds
        if speed.precision == "int8" and speed.faster.low <= 1
    ]
