"""Checks before a training begins: batch norm outside of its safe range, batches that are too small."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import prod

from brickwork.errors import BrickworkError
from brickwork.network import Layer, Network, cost, walk
from brickwork.network.layers import BatchNorm, Dropout
from brickwork.recipe.recipe import Recipe
from brickwork.training.freeze import frozen_stages

FEWEST, MOST = 16, 512  # images at a time with which batch norm is known to do well

KEEP = "begin with weights and freeze=-1, so that the norms stay as they are"


def warnings_for(network: Network, recipe: Recipe, images: int, workers: int = 1) -> tuple[str, ...]:
    """Warnings about batch norm and dropout, each with what to do; `workers` are processes that train side by side."""
    return (*_sizes(network, recipe, images, workers), *_dropouts(network))


def batch_norm_notes(network: Network, recipe: Recipe, images: int, processes: int) -> Iterator[str]:
    """Notes of a training on batch norm and dropout: warnings, and what synchronised norms depend on."""
    together = processes if recipe.norm == "sync" else 1
    for warning in warnings_for(network, replace(recipe, accumulate=recipe.accumulate // together), images):
        yield f"Warning: {warning}"
    if recipe.norm == "sync":
        yield (
            f"norm=sync: batch norm sees the micro-batches of {processes} processes together; another number of "
            f"processes is another training"
        )


def batch_norm_range(recipe: Recipe, images: int, workers: int) -> tuple[int, int]:
    """The fewest and the most images that batch norm sees at a time.

    All are cut into nearly equal batches; a batch is shared by the workers, and computed in parts, perhaps of ghosts.
    """
    steps, shares = -(-images // recipe.batch), recipe.accumulate * workers
    fewest, most = images // steps // shares, -(-images // steps // shares)
    ghosts = [max(1, part // recipe.ghost) if recipe.norm == "ghost" else 1 for part in (fewest, most)]
    return fewest // ghosts[0], -(-most // ghosts[1])


def check_batches(network: Network, recipe: Recipe, images: int) -> None:
    """Raises BrickworkError where a batch norm would see one number a channel, with nothing to normalise, and where a
    batch has fewer images than micro-batches.
    """
    fewest, _ = batch_norm_range(recipe, images, workers=1)
    if fewest > 1:
        return
    for row in cost(network).rows_with_side_heads:
        if isinstance(row.parts[0], BatchNorm) and prod(row.output[1:]) == 1:
            raise BrickworkError(
                f"{network.name}: {row.path} has one number a channel in a batch of one image, and {images} "
                f"images with batch={recipe.batch} and accumulate={recipe.accumulate} leave one alone: "
                f"take another batch, or fewer parts."
            )
    if fewest < 1:
        raise BrickworkError(
            f"{images} images in batches of {recipe.batch} cannot be cut into accumulate={recipe.accumulate} "
            f"micro-batches: take a larger batch, or fewer."
        )


def check_processes(recipe: Recipe, count: int) -> None:
    """Raises BrickworkError where some of `count` processes would have no micro-batch; and where synchronised norms
    would wait for one, as not all have equally many.
    """
    if recipe.norm == "sync" and recipe.accumulate % count:
        raise BrickworkError(
            f"norm=sync: {count} processes compute micro-batches side by side, and {recipe.accumulate} do not divide "
            f"among them: --accumulate {-(-recipe.accumulate // count) * count} does."
        )
    if count > recipe.accumulate:
        raise BrickworkError(
            f"{count} processes need {count} micro-batches at least, and the recipe has {recipe.accumulate}: "
            f"--accumulate {count} has as many, --nproc {recipe.accumulate} needs no more."
        )


def _sizes(network: Network, recipe: Recipe, images: int, workers: int) -> Iterator[str]:
    if not images or not _learns(network, recipe):
        return
    fewest, most = batch_norm_range(recipe, images, workers)
    if fewest <= 1:
        yield (
            f"{network.name}: batch norm sees a single image at a time and has no other to compare it with. "
            f"{_more(recipe, images, workers)}"
        )
    elif fewest < FEWEST:
        yield (
            f"{network.name}: batch norm sees {fewest} images at a time, and the mean and variance of fewer than "
            f"{FEWEST} say little of the others. {_more(recipe, images, workers)}"
        )
    elif most > MOST:
        yield (
            f"{network.name}: batch norm sees {most} images at a time; beyond {MOST} its statistics hardly vary, which "
            f"costs accuracy. Compute a batch in parts: accumulate={recipe.accumulate * -(-most // MOST)}."
        )


def _learns(network: Network, recipe: Recipe) -> bool:
    """Whether a batch norm goes by the batch at some time: those in a stage that is never freed do not."""
    frozen = frozen_stages([stage.name for stage in network.stages], recipe, recipe.epochs)
    norms = (path.partition(".")[0] for path, layer in network.layers() if isinstance(layer, BatchNorm))
    return any(part not in frozen for part in norms)


def _more(recipe: Recipe, images: int, workers: int) -> str:
    """How batch norm comes to see enough: all images are cut into nearly equal batches, none of which may be small."""
    enough = FEWEST * recipe.accumulate * workers
    if images < enough:
        return f"There are not enough images for more: {KEEP}."
    return f"Take batch={-(-images // (images // enough))} or more, or {KEEP}."


def _dropouts(network: Network) -> Iterator[str]:
    """Li, Chen, Hu, Yang 2018, arXiv 1801.05134: a norm learns variances in training that dropout has changed."""
    sides = [[(path, part) for path, part in walk(side.body, side.name)] for side in network.side_heads]
    trunk = [(path, part) for piece in network.parts() for path, part in walk(piece.body, piece.name)]
    for parts in (trunk, *sides):
        dropout, norms = _behind_dropout((path, part) for path, part in parts if isinstance(part, Layer))
        if norms:
            others = f" and {len(norms) - 1} more" if norms[1:] else ""
            yield (
                f"{network.name}: {dropout} stands before the batch norm {norms[0]}{others}: dropout changes the "
                "variances that a norm learns in training, and in prediction they are others. "
                "Put dropout behind the last norm, or leave it out."
            )


def _behind_dropout(layers: Iterable[tuple[str, Layer]]) -> tuple[str, list[str]]:
    """The first dropout, and the norms that run after it."""
    dropout, norms = "", []
    for path, layer in layers:
        if isinstance(layer, Dropout) and layer.p:
            dropout = dropout or path
        elif isinstance(layer, BatchNorm) and dropout:
            norms.append(path)
    return dropout, norms
