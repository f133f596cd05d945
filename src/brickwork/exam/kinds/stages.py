"""Questions about a network's stages: which has the most parameters or MACs, and where a size is first reached."""

from collections.abc import Iterator

from brickwork.exam.question import Choice, Draft
from brickwork.network import Network, Row
from brickwork.network.layer import shape_text


def ask_most(network: Network, rows: list[Row]) -> Iterator[Draft]:
    """Which stage has the most parameters or MACs, where it is one alone."""
    for what, name in (("params", "parameters"), ("macs", "MACs")):
        amounts = {row.path: getattr(row, what) for row in rows}
        order = sorted(amounts, key=lambda path: -amounts[path])
        if amounts[order[0]] > amounts[order[1]]:
            right, text = order[0], f"Which part of {name_of(network)} has the most {name}?"
            wrong = tuple(Choice(path, f"it has {amounts[path]:,}") for path in order[1:])
            share = f"{right} has {amounts[right]:,} {name} of {sum(amounts.values()):,}"
            yield Draft(f"most {name}", "", text, right, share, wrong)


def name_of(network: Network) -> str:
    return f"{network.name} on {shape_text(network.input)}"


def maps_of(rows: list[Row]) -> list[Row]:
    return [row for row in rows if len(row.output) == 3]


def ask_first_size(network: Network, rows: list[Row]) -> Iterator[Draft]:
    """Where a size is first reached."""
    maps = maps_of(rows)
    for number, row in enumerate(maps[1:], 1):
        if all(row.output[1] < before.output[1] and row.output[2] < before.output[2] for before in maps[:number]):
            yield first_size(network, maps, row)


def first_size(network: Network, maps: list[Row], right: Row) -> Draft:
    size = shape_text(right.output[1:])
    text = f"Which is the first stage of {name_of(network)} whose output is no larger than {size}?"
    wrong = tuple(
        Choice(row.path, f"its output is {shape_text(row.output[1:])}" + later(maps, row, right))
        for row in maps
        if row is not right
    )
    return Draft("first size", "", text, right.path, f"its output is {shape_text(right.output)}", wrong)


def later(maps: list[Row], row: Row, right: Row) -> str:
    return f", and {right.path} comes before it" if maps.index(row) > maps.index(right) else ""


def ask_whole(network: Network, rows: list[Row]) -> Iterator[Draft]:
    """After which stage a number first sees the whole image."""
    maps = maps_of(rows)
    high, wide = network.input[1:]
    right = next((row for row in maps if row.field[0] >= high and row.field[1] >= wide), None)
    if right is None or right is maps[0]:
        return
    text = (
        f"After which stage of {name_of(network)} does a number first have a receptive field, padding included, that "
        "is at least as large as the image?"
    )
    wrong = tuple(
        Choice(row.path, f"its field is {shape_text(row.field)}" + later(maps, row, right))
        for row in maps
        if row is not right
    )
    yield Draft("whole image", "", text, right.path, f"its field is {shape_text(right.field)}", wrong)
