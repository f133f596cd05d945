"""What training by one image asks of a device: arithmetic, memory traffic, and gradients in backward order."""

from dataclasses import dataclass

from brickwork.network import Network, Row, cost
from brickwork.network.layer import pair
from brickwork.network.layers import Conv

PASSES = 3  # forward, and backward for the input and for the weights
OPERATIONS = 2  # of a MAC
WINOGRAD = 2.25  # times fewer multiplications in a 3x3 convolution (Lavin, Gray 2015, arXiv 1509.09308, F(2x2, 3x3))
TRAFFIC = 5  # times that an activation passes the memory: written, read, read again, and its gradient read and written


@dataclass(frozen=True)
class Work:
    """A network's training by one image; side heads, which run in training, included. Bytes are float32's."""

    params: int
    macs: int
    winograd: float  # the MACs that are left where 3x3 convolutions are Winograd's
    bytes: int  # all activations
    gradients: tuple[tuple[int, int], ...]  # weights and MACs of each layer, the last layer first
    norms: int  # layers of batch norm

    def operations(self, winograd: bool) -> float:
        """Floating-point operations of forward and backward pass."""
        return PASSES * OPERATIONS * (self.winograd if winograd else self.macs)


def count_work(network: Network) -> Work:
    """What one image costs in training. Raises BrickworkError where the input does not fit."""
    rows = cost(network).rows_with_side_heads
    return Work(
        sum(row.params for row in rows),
        sum(row.macs for row in rows),
        sum(row.macs / (WINOGRAD if is_winograd(row) else 1) for row in rows),
        sum(row.bytes for row in rows),
        tuple((row.params, row.macs) for row in reversed(rows)),
        sum(row.kind == "norm" for row in rows),
    )


def is_winograd(row: Row) -> bool:
    """Whether a layer is a convolution that libraries compute by Winograd's way: 3x3, stride 1, one group."""
    match row.parts[0]:
        case Conv(kernel=kernel, stride=stride, groups=1):
            return pair(kernel) == (3, 3) and pair(stride) == (1, 1)
    return False
