"""`brickwork why`: the arithmetic of one row of a network's table."""

import click

from brickwork.cli.options.network import network_of, network_options
from brickwork.cli.output import json_option, print_json, say
from brickwork.cli.paths import WORD


@click.command("why")
@click.argument("network", type=WORD)
@click.argument("path")
@network_options
@json_option
def why_command(network: str, path: str, input: str | None, classes: int | None, as_json: bool) -> None:
    """The arithmetic of one row of a network's table.

    NETWORK is what 'brickwork lint' takes; PATH is a row of 'brickwork show', at whatever depth.

    \b
    Examples:
      brickwork why alexnet_owt stage1.conv
      brickwork why resnet50 stage5.2.body.conv2
      brickwork why googlenet stage3.3a
    """
    from brickwork.network.arithmetic import why

    found = why(network_of(network, input, classes), path)
    print_json(found.to_dict()) if as_json else say(str(found))
