"""`brickwork diff` and `brickwork family`: what makes one network of another, or several of each other."""

from pathlib import Path

import click

from brickwork.cli.options.network import model_files, network_of
from brickwork.cli.options.picture import KINDS
from brickwork.cli.output import check_output, json_option, print_json, say, width
from brickwork.cli.paths import PATH, WORD
from brickwork.errors import BrickworkError


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


@click.command("family")
@click.argument("networks", nargs=-1, required=True, metavar="NETWORK...", type=WORD)
@click.option("--svg", type=PATH, metavar="FILE.svg", help="Draw the tree, and write the picture.")
@click.option(
    "--theme", type=click.Choice(["auto", "light", "dark", "print"]), help="Colours of the picture.  [default: auto]"
)
@json_option
def family_command(networks: tuple[str, ...], svg: Path | None, theme: str | None, as_json: bool) -> None:
    """How networks come from each other, as a tree.

    In the order of their years, each network comes from the nearest of those before it, by the cheapest edits: what
    came, what went, and what it cost. Each NETWORK is what 'brickwork lint' takes.

    \b
    Examples:
      brickwork family lenet5 alexnet vgg16 nin googlenet resnet34
      brickwork family lenet5 alexnet vgg16 nin googlenet resnet34 --svg family.svg
      brickwork family resnet50 preact_resnet50 resnext50_32x4d seresnet50 --json
    """
    from brickwork.diffing import family
    from brickwork.diffing.family_text import family_text
    from brickwork.drawing import draw_family

    if theme and not svg:
        raise BrickworkError("--theme says how a picture is drawn: add --svg FILE.svg.")
    found = family([network_of(word, None, None) for word in networks])
    if svg:
        check_output(svg, KINDS["svg"], model_files(networks))
        draw_family(found, theme=theme or "auto").save(svg)
    if as_json:
        print_json(found.to_dict())
    else:
        say(f"Picture: {svg}" if svg else family_text(found, width()))
