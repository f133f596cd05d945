"""Layers in a row as boxes: a convolution, its norm and its activation are one, as papers draw them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from brickwork.drawing.parts import Box
from brickwork.drawing.reading.label import STRIPES, layer_label, look_of, plain_label, rate_of
from brickwork.network import Layer, Row
from brickwork.network.layers import Conv, Flatten

LIGHT = (*STRIPES, Flatten)  # layers that get no box of their own where there is another one to hold them


class Placed(NamedTuple):
    """A layer with its row."""

    layer: Layer
    row: Row


@dataclass(repr=False, eq=False)
class LayerGroup:
    """Layers that become one box: light ones, at most one that carries the label, and light ones."""

    before: list[Placed] = field(default_factory=list)
    main: Placed | None = None
    after: list[Placed] = field(default_factory=list)

    @property
    def all(self) -> list[Placed]:
        return [*self.before, *([self.main] if self.main else []), *self.after]


def fuse(layers: Sequence[Placed], body: bool = False) -> list[LayerGroup]:
    """Groups of layers; in a residual's body, norms and activations may belong to the convolution behind them."""
    opening = opening_kinds(layers, body)
    groups: list[LayerGroup] = []
    for place, placed in enumerate(layers):
        if not isinstance(placed.layer, LIGHT):
            waiting = groups.pop().before if groups and groups[-1].main is None else []
            groups.append(LayerGroup(waiting, placed))
        elif not groups or groups[-1].main is None or opens(layers, place, opening):
            waiting_group = groups[-1] if groups and groups[-1].main is None else None
            if waiting_group is None:
                groups.append(waiting_group := LayerGroup())
            waiting_group.before.append(placed)
        else:
            groups[-1].after.append(placed)
    return groups


def kinds_of(layers: Sequence[Placed]) -> list[type[Layer]]:
    return [type(placed.layer) for placed in layers]


def is_light(placed: Placed) -> bool:
    return isinstance(placed.layer, LIGHT)


def opening_kinds(layers: Sequence[Placed], body: bool) -> list[type[Layer]]:
    """The kinds of layers that stand before each convolution in pre-activation; none elsewhere."""
    leading = kinds_of(list(takewhile(is_light, layers)))
    if not body or leading:
        return leading if body else []
    last = max((place for place, placed in enumerate(layers) if isinstance(placed.layer, Conv)), default=0)
    if any(map(is_light, layers[last:])):
        return []
    return kinds_of(list(takewhile(is_light, reversed(layers[:last]))))[::-1]


def opens(layers: Sequence[Placed], place: int, opening: list[type[Layer]]) -> bool:
    """Whether a layer between two convolutions belongs to the one behind it."""
    run = kinds_of(list(takewhile(is_light, layers[place:])))
    behind = layers[place + len(run) :]
    return bool(opening) and bool(behind) and isinstance(behind[0].layer, Conv) and run == opening[-len(run) :]


def group_box(group: LayerGroup) -> Box:
    """The box of a group: the label is the main layer's, or says all light ones."""
    rows = tuple(placed.row for placed in group.all)
    output = rows[-1].output
    if group.main is None:
        kinds = [plain_label(placed.layer) for placed in group.before]
        label = ", ".join(kind for kind in kinds if kind != "flatten") or "flatten"
        return Box(label, "light", rows, output)
    rate = rate_of(group.main.layer)
    return Box(
        layer_label(group.main.layer, group.main.row.input),
        look_of(group.main.layer),
        rows,
        output,
        stripes(group.before),
        stripes(group.after),
        () if rate is None else (rate,),
    )


def stripes(layers: Sequence[Placed]) -> tuple[str, ...]:
    return tuple(STRIPES[type(placed.layer)] for placed in layers if type(placed.layer) in STRIPES)
