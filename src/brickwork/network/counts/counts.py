"""Counts as other tools make them: fvcore's flops, torchinfo's mult-adds, ptflops' MACs, torchvision's GFLOPS."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from brickwork.errors import BrickworkError
from brickwork.network.cost import cost
from brickwork.network.counts.rules import KNOWN, Tool, ToolName, find_tool
from brickwork.network.layer import Layer
from brickwork.network.network import Network
from brickwork.network.propagate import Row

BILLION = 1e9
WITHOUT_SIDE_HEADS = {"googlenet_tv"}  # torchvision's page counts inception_v3's side head, and not googlenet's two


class Addend(NamedTuple):
    """What a tool adds to our MACs, or takes away where it is less than 0, and of what."""

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
    differences: tuple[Addend, ...] = field(repr=False)
    reason: str = field(repr=False)

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
    aside = tool == "torchvision" and network.name in WITHOUT_SIDE_HEADS
    return ToolCount(
        tool,
        rules.version,
        tool_number(tool, whole),
        rules.unit,
        tool_number(tool, whole + more_in_training(rules, total.rows)),
        total.params if aside else total.params_with_side_heads,
        total.macs,
        differences,
        rules.reason,
    )


def layer_type(row: Row) -> type[Layer]:
    layer = row.parts[0]
    assert isinstance(layer, Layer), "a row of the finest depth"
    return type(layer)


def check_layers(rows: tuple[Row, ...], tool: str) -> None:
    for row in rows:
        if layer_type(row) not in KNOWN:
            raise BrickworkError(
                f"{row.path}: {row.parts[0]!r:.80} is a layer of your own, and what {tool} counts of its module is not "
                f"known: run {tool} on the built model."
            )


def find_differences(rules: Tool, rows: tuple[Row, ...]) -> tuple[Addend, ...]:
    """What the tool adds, or leaves out where it is less than 0, summed by what it is for."""
    found: Counter[str] = Counter()
    for row in rows:
        if layer_type(row) in rules.adds:
            of, rule = rules.adds[layer_type(row)]
            found[of] += rule(row.parts[0], row.input)
    return tuple(Addend(of, number) for of, number in found.items() if number)


def more_in_training(rules: Tool, rows: tuple[Row, ...]) -> int:
    found = ((rules.in_training.get(layer_type(row)), row) for row in rows)
    return sum(rule(row.parts[0], row.input) for rule, row in found if rule)


def tool_number(tool: str, number: int) -> float:
    """A count as the tool states it."""
    return round(number / BILLION, 3) if tool == "torchvision" else number
