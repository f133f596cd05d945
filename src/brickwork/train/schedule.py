"""Learning rate and momentum over a training, as functions of the share of it that is done (0 to 1)."""

from math import cos, pi

from brickwork.train.recipe import Recipe

START = 1 / 25  # of the highest learning rate, where one-cycle begins
END = 1e-4 / 25  # and where it ends
SWING = 0.05  # how far one-cycle moves the momentum to either side


def learning_rate(recipe: Recipe, done: float) -> float:
    """One-cycle rises and falls by half cosines (Smith & Topin 2017, arXiv 1708.07120, in the smooth form of
    today's libraries); cosine rises from 0 in a line and falls by a half cosine to 0 (Loshchilov & Hutter 2016,
    arXiv 1608.03983, without restarts).
    """
    onecycle = recipe.schedule == "onecycle"
    if done < recipe.warmup:
        return recipe.lr * (between(START, 1, recipe.warmup, done) if onecycle else done / recipe.warmup)
    return recipe.lr * between(1, END if onecycle else 0, 1 - recipe.warmup, done - recipe.warmup)


def momentum(recipe: Recipe, done: float) -> float:
    """One-cycle's momentum falls while the learning rate rises, and rises while it falls; cosine's stays."""
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
