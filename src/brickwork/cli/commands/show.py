"""`brickwork show`: a network as the table in its paper, or as its figure."""

from typing import TYPE_CHECKING

import click

from brickwork.cli.options.counts import count_document, count_lines, count_option
from brickwork.cli.options.memory import Asked, answer_document, answer_lines, memory_options, size_of
from brickwork.cli.options.network import model_path, network_in, network_options
from brickwork.cli.options.picture import picture_options, picture_wish, write_pictures
from brickwork.cli.output import json_option, print_json, say, width
from brickwork.cli.paths import WORD
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.network import Network
    from brickwork.network.counts import ToolName
    from brickwork.network.memory.memory import Optimizer, Precision


@click.command("show")
@click.argument("network", type=WORD)
@click.argument("other", required=False, type=WORD)
@network_options
@click.option(
    "--depth", type=click.Choice(["stage", "block", "layer"]), show_default="block, in a picture layer",
    help="What has a row or a box of its own.",
)  # fmt: skip
@click.option("--sort", type=click.Choice(["parameters", "MACs"], case_sensitive=False), help="The largest rows first.")
@click.option("--lowered", is_flag=True, help="As inference runs it: norms folded, dropout and side heads dropped.")
@click.option("--merge", is_flag=True, help="With --lowered: also merge sibling 1x1 convolutions.")
@picture_options
@memory_options
@count_option
@json_option
def show_command(
    network: str, other: str | None, input: str | None, classes: int | None, depth: str | None, sort: str | None,
    lowered: bool, merge: bool, batch: int | None, memory: str | None, precision: "Precision", optimizer: "Optimizer",
    tools: "tuple[ToolName, ...]", as_json: bool,
) -> None:  # fmt: skip
    """A network as its paper's table, or as its figure.

    NETWORK is a name from 'brickwork list', with arguments in brackets if you like; the table ends with those
    that it takes, and what they mean. Or it is a model file, such as
    runs/resnet20-fashion-1/model.safetensors, the run folder that holds one, or an exported model, an .onnx or .xml.
    With OTHER, a second one, the two stand side by side, with what changed between them marked.

    \b
    Examples:
      brickwork show resnet50 --depth stage
      brickwork show 'resnet20[width=0.5]' --input 1x28x28 --classes 10
      brickwork show resnet50 --depth layer --sort parameters
      brickwork show inception_v3 --lowered
      brickwork show resnet34 --svg resnet34.svg --height 900
      brickwork show googlenet --svg googlenet.svg --unfold stage4.4a --paint macs
      brickwork show resnet50 --batch 64 --memory 8GB --precision bf16
      brickwork show resnet50 --count fvcore --count ptflops
      brickwork show alexnet vgg16 --svg alexnet-vgg16.svg --height 800
    """
    from brickwork import zoo
    from brickwork.cli.meanings import bracket_text
    from brickwork.network import lower_network, table

    wish = picture_wish()
    if other is not None:
        from brickwork.cli.beside import show_pair

        of_one = {"sort": sort, "lowered": lowered, "merge": merge, "batch": batch, "memory": memory, "count": tools}
        show_pair((network, other), (input, classes), depth, wish, of_one, as_json)
        return
    shape = zoo.brackets.shape(input) if input is not None else None
    path = model_path(network)
    made = network_in(path, shape, classes) if path else zoo.network(network, input=shape, classes=classes)
    if merge and not lowered:
        raise BrickworkError("--merge is a step of lowering: add --lowered.")
    lowering = lower_network(made, merge=merge) if lowered else None
    made = lowering.network if lowering else made
    asked = Asked(batch, size_of(memory) if memory is not None else None, precision, optimizer)
    if wish.files:
        write_pictures(wish, made, depth, [path] if path else [])
    if as_json:
        steps = {"lowered": str(lowering)} if lowering else {}
        answers = {**answer_document(asked, made), **count_document(tools, made)}
        print_json({**show_document(made, depth or "block", sort), **answers, **steps})
        return
    lines = [*answer_lines(asked, made, width()), *count_lines(tools, made, width())]
    if wish.files:
        say(*(f"Picture: {file}" for file in wish.files), *lines)
    else:
        texts = [table(made, depth or "block", width(), sort or ""), *lines]
        end = f"Lowered: {lowering}" if lowering else "" if path else bracket_text(network, width())
        say(*texts, *filter(None, [end]))


def show_document(network: "Network", depth: str, sort: str | None = None) -> dict[str, object]:
    """What `show --json` prints."""
    from brickwork.network import cost, smallest_size
    from brickwork.network.text import sort_rows

    total = cost(network)
    return {
        "name": network.name,
        "input": network.input,
        "classes": network.classes,
        **total.to_dict(),
        "smallest_input": smallest_size(network),
        "rows": [row.to_dict() for row in sort_rows(total.at(depth), sort or "")],
    }
