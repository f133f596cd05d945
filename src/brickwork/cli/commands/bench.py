"""`brickwork bench`: which engine runs a network fastest on this machine."""

from typing import TYPE_CHECKING

import click

from brickwork.cli.options.lists import Counts, Words
from brickwork.cli.options.network import model_path
from brickwork.cli.output import json_option, notify, print_json, say, width
from brickwork.cli.paths import EXPORTED, WORD
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.model import ModelFile


@click.command("bench")
@click.argument("networks", nargs=-1, required=True, metavar="NETWORK|MODEL...", type=WORD)
@click.option("--batch", type=Counts(), metavar="N,N...", default="1,8,32", show_default=True, help="Images at a time.")
@click.option(
    "--engine",
    type=Words(),
    metavar="NAME,...",
    default="",
    help="torch, compile, onnxruntime, openvino; those that are installed, but for compile, which takes minutes.",
)
@click.option("--allow", type=Words(), metavar="bf16", default="", help="Precision below float32 that may be used.")
@click.option(
    "--seconds", type=click.FloatRange(0, 3600), default=10, show_default=True, help="Time for each batch of a network."
)
@click.option("--input", metavar="CxHxW", help="Channels, height and width of the images, as in 3x224x224.")
@json_option
def bench_command(
    networks: tuple[str, ...], batch: tuple[int, ...], engine: tuple[str, ...], allow: tuple[str, ...],
    seconds: float, input: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Which engine runs a network fastest on this machine.

    Each NETWORK is a name from 'brickwork list', with fresh weights, or a model file. Every engine's logits are first
    compared with eager torch's; those that agree are timed in turns. Beside the times stand the machine's own rates of
    matrix products and copies, each network's share of them, and its slowest layers. Nothing computes below float32
    unless --allow says so.

    \b
    Examples:
      brickwork bench resnet50 vgg16 --batch 1,16
      brickwork bench runs/resnet20-fashion-1 --engine openvino --allow bf16
    """
    from brickwork.exporting.bench import BenchPlan, bench, bench_document, bench_text, measure_machine
    from brickwork.exporting.bench.bench import engine_versions

    plan = BenchPlan(batch, engine, allow, seconds)
    versions = engine_versions(plan.chosen())
    files = [bench_file(word, input) for word in networks]
    machine = measure_machine()
    found = []
    for file in files:
        notify(f"{file.model.network}")
        found.append(bench(file, plan))
        machine = machine.best(measure_machine())
    if as_json:
        print_json(bench_document(machine, versions, found))
    else:
        say(bench_text(machine, versions, found, width()))


def bench_file(word: str, input: str | None) -> "ModelFile":
    """The model file that a word means, or a network of the zoo with fresh weights."""
    from brickwork import zoo
    from brickwork.exporting.bench.random import random_file
    from brickwork.model import load

    if path := model_path(word):
        if path.suffix.lower() in EXPORTED:
            raise BrickworkError(f"{path}: bench exports what it measures: name the model file that this was made of.")
        if input is not None:
            raise BrickworkError(f"{path}: a model file is measured on its own input: leave out --input.")
        return load(path)
    return random_file(zoo.network(word, input=zoo.brackets.shape(input) if input is not None else None))
