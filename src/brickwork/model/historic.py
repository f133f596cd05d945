"""The torch modules of LeNet-5 of 1998's own layers."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from brickwork.network.historic import Links


class PartialConv2d(nn.Module):
    """A convolution that keeps one kernel for each link between an input and an output map."""

    def __init__(self, channels: int, links: Links, kernel: int) -> None:
        super().__init__()
        pairs = [(out, read) for out, maps in enumerate(links) for read in maps]
        self.outs, self.reads = (torch.tensor(side) for side in zip(*pairs, strict=True))
        self.shape = (len(links), channels, kernel, kernel)
        self.weight = nn.Parameter(torch.empty(len(pairs), kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(len(links)))
        fan_in = len(pairs) / len(links) * kernel**2
        nn.init.uniform_(self.weight, -2.4 / fan_in, 2.4 / fan_in)  # LeCun et al. 1998, appendix A

    def forward(self, x: Tensor) -> Tensor:
        whole = self.weight.new_zeros(self.shape)
        whole[self.outs, self.reads] = self.weight
        return functional.conv2d(x, whole, self.bias)


class Subsample2d(nn.Module):
    """The sum over 2x2 pixels times a coefficient, plus a bias."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), 0.25))  # begins as the mean
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        sums = 4 * functional.avg_pool2d(x, 2)  # to the bit; ONNX has no divisor_override, and its exporter drops it
        return sums * self.weight[:, None, None] + self.bias[:, None, None]


class Codes(nn.Module):
    """Minus the squared distance to each class's code."""

    codes: Tensor

    def __init__(self, codes: tuple[str, ...]) -> None:
        super().__init__()
        signs = [[1.0 if pixel == "#" else -1.0 for pixel in code] for code in codes]
        self.register_buffer("codes", torch.tensor(signs))

    def forward(self, x: Tensor) -> Tensor:
        return -(x[:, None] - self.codes).square().sum(dim=2)
