"""Progressive resizing: a training begins with smaller images, which cost less."""

from brickwork.errors import BrickworkError
from brickwork.network import Network, cost, with_input
from brickwork.recipe.recipe import Recipe

STEP = 8  # pixels: sides are multiples of it until they are the whole
FULL = 0.75  # share of the training after which images have their whole size

Size = tuple[int, int]  # height, width


def size_at(recipe: Recipe, network: Network, epoch: int) -> Size:
    """The size of the images in an epoch, which counts from 1: it grows in a line, and is the whole in the last one."""
    _, height, width = network.input
    done = 1.0 if epoch >= recipe.epochs else min(1.0, (epoch - 1) / (FULL * (recipe.epochs - 1)))
    share = recipe.resize_from + (1 - recipe.resize_from) * done
    return (height, width) if share == 1 else (round_side(share * height, height), round_side(share * width, width))


def round_side(side: float, whole: int) -> int:
    return min(whole, max(STEP, STEP * round(side / STEP)))


def grows(recipe: Recipe, network: Network) -> bool:
    """Whether any epoch has smaller images."""
    return size_at(recipe, network, 1) != network.input[1:]


def takes_size(network: Network, size: Size) -> bool:
    """Whether the network computes on images of another size with the weights that it has."""
    try:
        smaller = cost(with_input(network, (network.input[0], *size)))
    except BrickworkError:
        return False
    return smaller.params_with_side_heads == cost(network).params_with_side_heads
