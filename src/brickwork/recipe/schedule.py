"""Learning rate and momentum over a training, as functions of the share of it that is done (0 to 1)."""

from bisect import bisect_right
from math import cos, pi, prod

from brickwork.recipe.recipe import Recipe

START = 1 / 25  # of the highest learning rate, where one-cycle begins
END = 1e-4 / 25  # and where it ends
SWING = 0.05  # how far one-cycle moves the momentum to either side


def learning_rate(recipe: Recipe, done: float) -> float:
    """The rate rises during the warm-up, one-cycle's by half a cosine and all others' in a line from 0, and falls."""
    if done < recipe.warmup:
        rise = between(START, 1, recipe.warmup, done) if recipe.schedule == "onecycle" else done / recipe.warmup
        return recipe.lr * rise
    return recipe.lr * decay(recipe, done)


def decay(recipe: Recipe, done: float) -> float:
    """What is left of the rate after the warm-up.

    onecycle: Smith & Topin 2017, arXiv 1708.07120, in the smooth form of today's libraries. cosine: Loshchilov &
    Hutter 2016, arXiv 1608.03983, without restarts. Milestones and periods count from the beginning of the training,
    all others from the end of the warm-up.
    """
    rest, since = 1 - recipe.warmup, done - recipe.warmup
    share = min(since / rest, 1.0) if rest else 1.0
    match recipe.schedule:
        case "onecycle":
            return between(1, END, rest, since)
        case "cosine":
            return between(1, 0, rest, since)
        case "step":
            passed = bisect_right(recipe.milestones, done)
            return prod(recipe.factor[:passed]) if len(recipe.factor) > 1 else recipe.factor[0] ** passed
        case "exponential":
            return float(recipe.factor[0] ** (done * recipe.epochs // recipe.period))
        case "linear":
            return 1 - share
        case "poly":
            return float((1 - share) ** recipe.power)
        case "inverse":
            return float((1 + share) ** -recipe.power)
        case "constant":
            return 1.0


def momentum(recipe: Recipe, done: float) -> float:
    """One-cycle's momentum falls while the learning rate rises, and rises while it falls; all others' stays."""
    if recipe.schedule != "onecycle" or not recipe.momentum:
        return recipe.momentum
    high, low = min(recipe.momentum + SWING, 0.999), max(recipe.momentum - SWING, 0.0)
    if done < recipe.warmup:
        return between(high, low, recipe.warmup, done)
    return between(low, high, 1 - recipe.warmup, done - recipe.warmup)


def between(start: float, end: float, length: float, at: float) -> float:
    """Half a cosine from `start` to `end` over `length`."""
    share = min(at / length, 1.0) if length else 1.0
    return end + (start - end) * (1 + cos(pi * share)) / 2
