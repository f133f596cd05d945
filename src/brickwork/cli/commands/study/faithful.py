"""`brickwork faithful`: a network against its paper's published table."""

import click

from brickwork.cli.options.network import network_of
from brickwork.cli.output import json_option, print_json, say, width
from brickwork.cli.paths import WORD


@click.command("faithful")
@click.argument("network", type=WORD)
@json_option
def faithful_command(network: str, as_json: bool) -> None:
    """A network against its paper's published table.

    NETWORK is what 'brickwork lint' takes. Output sizes, filters, parameters and MACs are compared cell by cell; what
    differs is told with its reason and the reason's source. docs/faithful.md has the whole zoo.

    \b
    Examples:
      brickwork faithful googlenet
      brickwork faithful 'resnet50[stride=v1]'
      brickwork faithful inception_v3 --json
    """
    from brickwork.papers import faithful

    found = faithful(network_of(network, None, None))
    print_json(found.to_dict()) if as_json else say(found.table(width()))
