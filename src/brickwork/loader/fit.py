"""Whether a network and a data set fit each other; without torch, so that a mistake is told at once."""

from brickwork.data.dataset import Dataset
from brickwork.errors import BrickworkError
from brickwork.network import Network


def check_fit(network: Network, dataset: Dataset) -> None:
    """Raises BrickworkError where a network has other classes than the data, or channels that no image has."""
    if network.classes != len(dataset.classes):
        raise BrickworkError(
            f"{network.name} tells {network.classes} classes apart, but {dataset.name} has {len(dataset.classes)}: "
            f"build the network with classes={len(dataset.classes)}."
        )
    if network.input[0] not in (1, 3):
        raise BrickworkError(f"{network.name} reads {network.input[0]} channels, but an image has 1 channel or 3.")
