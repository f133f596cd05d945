"""The option --count: numbers of other tools."""

from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING, TypeVar

import click

from brickwork.network.counts import ToolName, count_like
from brickwork.network.counts.rules import TOOLS
from brickwork.network.counts.text import count_text

if TYPE_CHECKING:
    from brickwork.network import Network

Command = TypeVar("Command", bound=Callable[..., None])


def count_option(command: Command) -> Command:
    """--count TOOL, which may be given several times."""
    choice = click.Choice(list(TOOLS))
    said = "That tool's own number for the network, and why it differs from ours; may be given again."
    return click.option("--count", "tools", type=choice, multiple=True, help=said)(command)


def count_lines(tools: tuple[ToolName, ...], network: "Network", columns: int) -> list[str]:
    """Each tool's count as a sentence, folded to the columns."""
    return [line for tool in dict.fromkeys(tools) for line in wrap(count_text(count_like(network, tool)), columns)]


def count_document(tools: tuple[ToolName, ...], network: "Network") -> dict[str, object]:
    """The counts as plain data for JSON."""
    return {"counts": [count_like(network, tool).to_dict() for tool in dict.fromkeys(tools)]} if tools else {}
