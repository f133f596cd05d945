"""`brickwork list`: the networks there are, and what they cost."""

from typing import TYPE_CHECKING

import click

from brickwork.cli.output import json_option, print_json, say, width
from brickwork.errors import BrickworkError, nearest

if TYPE_CHECKING:
    from brickwork.network import Network


@click.command("list")
@click.argument("pattern", default="*")
@json_option
def list_command(pattern: str, as_json: bool) -> None:
    """The networks there are, and what they cost.

    PATTERN is part of a name, or a whole name with * and ?; capitals make no difference.

    \b
    Example:
      brickwork list resnet
    """
    networks = find_networks(pattern)
    if as_json:
        print_json([network_entry(network) for network in networks])
    else:
        say(catalogue(networks))


def find_networks(pattern: str) -> list["Network"]:
    """The networks of these names from the oldest paper to the newest."""
    from brickwork import zoo

    names = zoo.names(pattern.lower() if set(pattern) & set("*?[") else f"*{pattern.lower()}*")
    if not names:
        close = nearest(pattern, zoo.names()) or "see 'brickwork list'."
        raise BrickworkError(f"no network's name matches {pattern!r}: {close}")
    return sorted(map(zoo.network, names), key=lambda network: network.facts.year)


def network_entry(network: "Network") -> dict[str, object]:
    from brickwork.network import cost

    total = cost(network)
    return {
        "name": network.name,
        "input": network.input,
        "classes": network.classes,
        "params": total.params,
        "macs": total.macs,
        "paper": network.facts.paper,
        "year": network.facts.year,
        "note": network.facts.note,
    }


def catalogue(networks: list["Network"]) -> str:
    """A row for each network under its paper."""
    from brickwork.network import cost
    from brickwork.network.columns import RULE, Row, format_columns
    from brickwork.network.layer import shape_text
    from brickwork.network.text import count

    rows: list[Row] = [("network", "input", "classes", "parameters", "MACs", "note"), RULE]
    for paper in dict.fromkeys(network.facts.paper for network in networks):
        rows.append(paper)
        for network in networks:
            if network.facts.paper == paper:
                total = cost(network)
                numbers = (str(network.classes), count(total.params), count(total.macs))
                rows.append((f"  {network.name}", shape_text(network.input), *numbers, network.facts.note))
    return "\n".join(format_columns(rows, "<>>>>=", width()))
