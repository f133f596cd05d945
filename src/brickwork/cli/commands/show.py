"""`brickwork show`: a network as the table in its paper."""

from typing import TYPE_CHECKING, Literal, cast, get_args, get_origin

import click

from brickwork.cli.output import json_option, print_json, width

if TYPE_CHECKING:
    from brickwork.network import Network


@click.command("show")
@click.argument("network")
@click.option("--input", metavar="CxHxW", help="Channels, height and width of the images, as in 3x224x224.")
@click.option("--classes", type=click.IntRange(1, 10**9), help="How many classes to tell apart.")
@click.option(
    "--depth", type=click.Choice(["stage", "block", "layer"]), default="block", show_default=True,
    help="What has a row of its own.",
)  # fmt: skip
@json_option
def show_command(network: str, input: str | None, classes: int | None, depth: str, as_json: bool) -> None:
    """A network as the table in its paper.

    NETWORK is a name from 'brickwork list', with arguments in brackets if you like; the table ends with those
    that it takes.

    \b
    Examples:
      brickwork show resnet50 --depth stage
      brickwork show 'resnet20[width=0.5]' --input 1x28x28 --classes 10
    """
    from brickwork import zoo
    from brickwork.network import table

    made = zoo.network(network, input=zoo.brackets.shape(input) if input is not None else None, classes=classes)
    if as_json:
        print_json(show_document(made, depth))
    else:
        print(table(made, depth, width()), bracket_text(network), sep="\n")


def show_document(network: "Network", depth: str) -> dict[str, object]:
    """What `show --json` prints."""
    from brickwork.network import cost

    total = cost(network)
    return {
        "name": network.name,
        "input": network.input,
        "classes": network.classes,
        "params": total.params,
        "macs": total.macs,
        "rows": [
            {"path": row.path, "kind": row.kind, "output": row.output, "params": row.params, "macs": row.macs}
            for row in total.at(depth)
        ],
    }


def bracket_text(text: str) -> str:
    """What the network's family takes in brackets, with the values it knows."""
    from textwrap import fill

    from brickwork import zoo

    name, _ = zoo.brackets.parse(text)
    takes = {**zoo.brackets.choices(zoo.families()[name]), "width": float}
    words = [f"{key}={value_text(kind)}" for key, kind in takes.items()]
    return fill(f"{name} takes in brackets: {', '.join(words)}.", width(), break_on_hyphens=False)


def value_text(kind: object) -> str:
    if get_origin(kind) is Literal:
        return "|".join(map(str, get_args(kind)))
    return {bool: "true|false", int: "N", float: "NUMBER"}.get(cast(type, kind), "WORD")
