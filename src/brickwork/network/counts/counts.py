"""Counts as other tools make them: fvcore's flops, torchinfo's mult-adds, ptflops' MACs, torchvision's GFLOPS."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import NamedTuple

from brickwork.errors import BrickworkError
from brickwork.network.cost import cost
from brickwork.network.counts.rules import KNOWN, Tool, ToolName, find_tool
from brickwork.network.layer import Layer
from brickwork.network.network import Network
from brickwork.network.propagate import Row

BILLION = 1e9
WITHOUT_SIDE_HEADS = {"googlenet_tv"}  # torchvision's page counts inception_v3's side head, and not googlenet's two


class Difference(NamedTuple):
    """What a tool counts more than our MACs, or less, and of what."""

    of: str
    number: int


@dataclass(frozen=True)
class ToolCount:
    """A tool's own number for a network, of one image in a forward pass, and what makes it differ from ours."""

    tool: str
    version: str
    number: float  # a whole one, but torchvision's, which is in billions and rounded
    unit: str  # what the tool calls it
    in_training: float  # the number where the model is in training mode
    params: int  # side heads included
    macs: int  # ours
    differences: tuple[Difference, ...]
    reason: str

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "differences": [part._asdict() for part in self.differences]}


def count_like(network: Network, tool: ToolName) -> ToolCount:
    """The parameters and the flops, MACs or mult-adds that another tool counts of a network, without that tool.

    It is the number of the model that `build` makes, for one image, in evaluation mode, in which side heads do not
    run. Raises BrickworkError for a layer of your own, of which a tool counts what its torch module does.
    """
    rules, total = find_tool(tool), cost(network)
    check_layers(total.rows, tool)
    differences = find_differences(rules, total.rows)
    whole = total.macs + sum(part.number for part in differences)
    more = sum(extra(row.parts[0], row.input) for row in total.rows if (extra := rules.in_training.get(kind_of(row))))
    aside = tool == "torchvision" and network.name in WITHOUT_SIDE_HEADS
    return ToolCount(
        tool,
        rules.version,
        figure(tool, whole),
        rules.unit,
        figure(tool, whole + more),
        total.params if aside else total.params_with_side_heads,
        total.macs,
        differences,
        rules.reason,
    )


def kind_of(row: Row) -> type[Layer]:
    layer = row.parts[0]
    assert isinstance(layer, Layer), "a row of the finest depth"
    return type(layer)


def check_layers(rows: tuple[Row, ...], tool: str) -> None:
    for row in rows:
        if kind_of(row) not in KNOWN:
            raise BrickworkError(
                f"{row.path}: {row.parts[0]!r:.80} is a layer of your own, and what {tool} counts of its module is not "
                f"known: run {tool} on the built model."
            )


def find_differences(rules: Tool, rows: tuple[Row, ...]) -> tuple[Difference, ...]:
    """What the tool adds, or leaves out where it is less than 0, summed by what it is for."""
    found: Counter[str] = Counter()
    for row in rows:
        if kind_of(row) in rules.adds:
            of, rule = rules.adds[kind_of(row)]
            found[of] += rule(row.parts[0], row.input)
    return tuple(Difference(of, number) for of, number in found.items() if number)


def figure(tool: str, number: int) -> float:
    """A count as the tool states it."""
    return round(number / BILLION, 3) if tool == "torchvision" else number
