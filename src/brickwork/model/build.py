"""From the value to torch: `build(network)` is an ordinary module made of ordinary torch modules."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from brickwork.model.historic import Codes, PartialConv2d, Subsample2d
from brickwork.network import (
    IDENTITY,
    Block,
    Chain,
    Concat,
    Expr,
    Gate,
    Layer,
    Named,
    OnChange,
    Residual,
    Shape,
    children,
    historic,
    shape_after,
)
from brickwork.network import layers as atoms
from brickwork.network.lowering import Slice
from brickwork.network.propagate import shortcut_of


class Join(nn.Module):
    """Every path looks at the same input; outputs are joined along the channels."""

    def __init__(self, paths: dict[str, nn.Module]) -> None:
        super().__init__()
        for name, path in paths.items():
            self.add_module(name, path)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([path(x) for path in self.children()], dim=1)


class Add(nn.Module):
    """after(body(z) + shortcut(z)) where z = before(x)."""

    def __init__(self, before: nn.Module, body: nn.Module, shortcut: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.before, self.body, self.shortcut, self.after = before, body, shortcut, after

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        out: Tensor = self.after(self.body(x) + self.shortcut(x))
        return out


class Multiply(nn.Module):
    """The input times the gate's one number a channel."""

    def __init__(self, gate: nn.Module) -> None:
        super().__init__()
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x * self.gate(x)
        return out


class ScaledTanh(nn.Module):
    """scale * tanh(slope * x)."""

    def __init__(self, scale: float, slope: float) -> None:
        super().__init__()
        self.scale, self.slope = scale, slope

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * torch.tanh(self.slope * x)


class Times(nn.Module):
    """The input times a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


class Pad(nn.Module):
    """Shortcut option A: every `stride`-th pixel, and zeros for `more` new channels."""

    def __init__(self, stride: int, more: int) -> None:
        super().__init__()
        self.stride, self.more = stride, more

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


class Part(nn.Module):
    """The channels from `start` up to `stop`."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.stop]


class Drop(nn.Module):
    """Stochastic depth: zeros instead of a residual's body, for the whole batch or image by image."""

    def __init__(self, drop: float, each: str, rescale: str) -> None:
        super().__init__()
        self.keep, self.each, self.rescale = 1 - drop, each, rescale

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x * self.keep if self.rescale == "test" else x
        draws = (x.shape[0] if self.each == "image" else 1, *[1] * (x.dim() - 1))
        kept = torch.empty(draws, dtype=x.dtype, device=x.device).bernoulli_(self.keep)
        return x * kept if self.rescale == "test" else x * kept / self.keep


MODULES: dict[type[Layer], Callable[[Any, Shape], nn.Module]] = {  # a layer that is not here has its own `module`
    atoms.Conv: lambda c, shape: nn.Conv2d(
        shape[0], c.out, c.kernel, c.stride, c.padding, groups=c.groups, bias=c.bias
    ),
    atoms.Linear: lambda c, shape: nn.Linear(shape[0], c.out, bias=c.bias),
    atoms.BatchNorm: lambda c, shape: (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(
        shape[0], eps=c.eps, momentum=c.momentum
    ),
    atoms.LocalResponseNorm: lambda c, shape: nn.LocalResponseNorm(c.size, c.alpha, c.beta, c.k),
    atoms.ReLU: lambda c, shape: nn.ReLU(),
    atoms.Tanh: lambda c, shape: nn.Tanh() if (c.scale, c.slope) == (1, 1) else ScaledTanh(c.scale, c.slope),
    atoms.Sigmoid: lambda c, shape: nn.Sigmoid(),
    atoms.MaxPool: lambda c, shape: nn.MaxPool2d(c.kernel, c.stride, c.padding, ceil_mode=c.ceil),
    atoms.AvgPool: lambda c, shape: nn.AvgPool2d(c.kernel, c.stride, c.padding, c.ceil, c.include_pad),
    atoms.GlobalAvgPool: lambda c, shape: nn.AdaptiveAvgPool2d(1),
    atoms.AdaptiveAvgPool: lambda c, shape: nn.AdaptiveAvgPool2d(c.size),
    atoms.Flatten: lambda c, shape: nn.Flatten(),
    atoms.Dropout: lambda c, shape: nn.Dropout(c.p),
    atoms.StochasticDepth: lambda c, shape: Drop(c.drop, c.each, c.rescale),
    atoms.Scale: lambda c, shape: Times(c.factor),
    atoms.PadShortcut: lambda c, shape: Pad(c.stride, c.out - shape[0]),
    Slice: lambda c, shape: Part(c.start, c.stop),
    historic.PartialConv: lambda c, shape: PartialConv2d(shape[0], c.links, c.kernel),
    historic.Subsampling: lambda c, shape: Subsample2d(shape[0]),
    historic.RadialBasis: lambda c, shape: Codes(c.codes),
}


def module(expr: Expr, shape: Shape) -> nn.Module:
    """The torch module of an expression for an input shape; its children have the expression's names."""
    match expr:
        case Layer():
            make = MODULES.get(type(expr))
            own: nn.Module = make(expr, shape) if make else expr.module(shape)  # type: ignore[attr-defined]
            return own
        case Chain():
            return _sequence(expr, shape)
        case Concat():
            return Join({name: module(path, shape) for name, path in children(expr)})
        case Residual():
            return _add(expr, shape)
        case Gate(body):
            return Multiply(module(body, shape))
        case Block(body=body) | Named(body=body) | OnChange(body=body):
            return module(body, shape)
    raise TypeError(f"{expr!r} is no layer and no combinator")


def _sequence(expr: Chain, shape: Shape) -> nn.Sequential:
    steps: OrderedDict[str, nn.Module] = OrderedDict()
    for name, part in children(expr):
        steps[name] = module(part, shape)
        shape = shape_after(part, shape)
    return nn.Sequential(steps)


def _add(expr: Residual, shape: Shape) -> Add:
    start = shape_after(expr.before, shape)
    end = shape_after(expr.body, start)
    shortcut = shortcut_of(expr, start, end)
    before, body = _build_step(expr.before, shape), module(expr.body, start)
    return Add(before, body, _build_step(shortcut, start), _build_step(expr.after, end))


def _build_step(expr: Expr, shape: Shape) -> nn.Module:
    return nn.Identity() if expr == IDENTITY else module(expr, shape)
