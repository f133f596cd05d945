"""Checks of layers: each goes over a network's places and gives cases."""

from collections.abc import Callable, Iterator
from math import prod

from brickwork.errors import BrickworkError
from brickwork.linting.place import Case, Place, readings
from brickwork.network import Network, classifiers, cost
from brickwork.network.cost import stage_of
from brickwork.network.layer import pair, shape_text
from brickwork.network.layers import AdaptiveAvgPool, BatchNorm, Conv, Dropout, Flatten, Linear

EIGHT = 8
HALF = 0.5

Check = Callable[[Network, list[Place], int | None], Iterator[Case]]


def bias_before_norm(network: Network, places: list[Place], batch: int | None) -> Iterator[Case]:
    for place in places:
        if isinstance(place.layer, Conv | Linear) and place.layer.bias and isinstance(place.after, BatchNorm):
            yield Case("N201", place.path, f"{place.layer.out:,} biases that the norm takes away.")


def norm_of_one(network: Network, places: list[Place], batch: int | None) -> Iterator[Case]:
    for place in places:
        if isinstance(place.layer, BatchNorm) and batch is not None and batch * prod(place.input[1:]) == 1:
            yield Case("N202", place.path, f"{shape_text(place.input)} and a batch of 1: one value for each channel.")


def dropout_before_norm(network: Network, places: list[Place], batch: int | None) -> Iterator[Case]:
    trunk = {part.name for part in network.parts()}
    norms = [number for number, place in enumerate(places) if isinstance(place.layer, BatchNorm)]
    for number, place in enumerate(places):
        if isinstance(place.layer, Dropout) and place.layer.p and stage_of(place.path) in trunk:
            behind = [places[norm] for norm in norms if norm > number and stage_of(places[norm].path) in trunk]
            if behind:
                yield Case("N203", place.path, f"{place.layer!r} stands before the norm {behind[0].path}.")


def heavy_dense(network: Network, places: list[Place], batch: int | None) -> Iterator[Case]:
    total = cost(network).params
    maps = {place.output: place.input for place in places if isinstance(place.layer, Flatten)}
    for place in places:
        if isinstance(place.layer, Linear) and prod((map := maps.get(place.input, ()))[1:]) > 1:
            yield from _heavy(place, place.layer, map, total)


def _heavy(place: Place, layer: Linear, map: tuple[int, ...], total: int) -> Iterator[Case]:
    bias = layer.out if layer.bias else 0
    params, pooled = place.input[0] * layer.out + bias, map[0] * layer.out + bias
    if params > HALF * total:
        yield Case(
            "N301",
            place.path,
            f"{params:,} of {total:,} parameters ({100 * params / total:.0f} %) on a map of {shape_text(map)}; "
            f"on its mean there would be {pooled:,}, and {total - params + pooled:,} in all.",
        )


def unread_pixels(network: Network, places: list[Place], batch: int | None) -> Iterator[Case]:
    for reading in readings(network):
        high, wide = reading.unread
        if not (high or wide):
            continue
        read = len(reading.lines[0]) * len(reading.lines[1]) / prod(reading.shape[1:])
        of = (
            f"{high} of {reading.shape[1]} rows and {wide} of {reading.shape[2]} columns of {shape_text(reading.shape)}"
        )
        yield Case("N401" if read <= HALF else "N402", reading.path, f"{of} are never read.")


def small_field(network: Network, places: list[Place], batch: int | None) -> Iterator[Case]:
    maps = [row for row in cost(network).rows if len(row.output) == 3 and row.kind not in ("gap", "adaptivepool")]
    if maps and any(field < side for field, side in zip(maps[-1].field, network.input[1:], strict=True)):
        field, image = shape_text(maps[-1].field), shape_text(network.input[1:])
        yield Case("N403", maps[-1].path, f"It sees {field} pixels of {image}.")


def odd_channels(network: Network, places: list[Place], batch: int | None) -> Iterator[Case]:
    logits = classifier_paths(network)
    odd = [
        place
        for place in places
        if isinstance(place.layer, Conv | Linear) and place.layer.out % EIGHT and place.path not in logits
    ]
    if odd:
        channels = ", ".join(map(str, dict.fromkeys(place.output[0] for place in odd)))
        layers = "1 layer has" if len(odd) == 1 else f"{len(odd)} layers have"
        yield Case("N501", odd[0].path, f"{layers} {channels} channels.")


def classifier_paths(network: Network) -> set[str]:
    """The paths of the layers that make logits, as many as there are classes."""
    try:
        return {*classifiers(network)}
    except BrickworkError:  # something else makes them
        return set()


def uneven_cells(network: Network, places: list[Place], batch: int | None) -> Iterator[Case]:
    for place in places:
        if isinstance(place.layer, AdaptiveAvgPool):
            sizes = zip(place.input[1:], pair(place.layer.size), strict=True)
            if any(side % count for side, count in sizes):
                yield Case("N502", place.path, f"{place.layer!r} on a map of {shape_text(place.input)}.")


CHECKS: tuple[Check, ...] = (
    bias_before_norm, norm_of_one, dropout_before_norm, heavy_dense, unread_pixels, small_field, odd_channels,
    uneven_cells,
)  # fmt: skip
