"""Weight rules: what a layer of a rewritten network has for weights, as data. Names are paths of layers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Copy:
    """The weights of the layer `source`, as they are."""

    source: str


@dataclass(frozen=True)
class FoldNorm:
    """Those of the convolution or dense layer `source`, times what the norm after it multiplies each channel by.

    weight * gain, and (bias - mean) * gain + shift, where gain = scale / sqrt(variance + eps).
    """

    source: str
    norm: str
    eps: float


@dataclass(frozen=True)
class FoldScale:
    """Those of `source`, times a constant."""

    source: str
    factor: float


@dataclass(frozen=True)
class Stack:
    """Those of several layers one below the other, along the channels that leave."""

    sources: tuple[str, ...]


Rule = Copy | FoldNorm | FoldScale | Stack
