"""`brickwork diff`: what makes one network of another."""

import click

from brickwork.cli.commands.lint import network_of
from brickwork.cli.output import json_option, print_json, say, width
from brickwork.cli.paths import WORD


@click.command("diff")
@click.argument("first", metavar="A", type=WORD)
@click.argument("second", metavar="B", type=WORD)
@click.option("--input", metavar="CxHxW", help="Channels, height and width of the images, as in 3x224x224, for both.")
@click.option("--classes", type=click.IntRange(1, 10**9), help="How many classes to tell apart, for both.")
@json_option
def diff_command(first: str, second: str, input: str | None, classes: int | None, as_json: bool) -> None:
    """What makes one network of another, edit by edit.

    The cheapest edits, each with what it costs or saves: parameters, MACs, memory of activations, receptive field. A
    and B are what 'brickwork lint' takes. docs/diff.md says what an edit's price is.

    \b
    Examples:
      brickwork diff lenet5 alexnet
      brickwork diff resnet50 seresnet50
      brickwork diff resnet20 'resnet20[width=0.5]' --json
    """
    from brickwork.diffing import diff
    from brickwork.diffing.text import diff_text

    found = diff(network_of(first, input, classes), network_of(second, input, classes))
    print_json(found.to_dict()) if as_json else say(diff_text(found, width()))
