"""`brickwork train`: from images to a model file."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brickwork.cli.options.data import data_options
from brickwork.cli.options.own import find_network, own_given, own_option
from brickwork.cli.options.recipe import RecipeCommand, fields_given, options_given, recipe_options
from brickwork.cli.output import count_of, json_option, print_json, say, silence_stdout
from brickwork.cli.paths import PATH, WORD
from brickwork.cli.progress import training_progress
from brickwork.cli.training import (
    resume_processes,
    resume_run,
    resume_run_on_ray,
    train_plan,
    train_plan_on_ray,
    train_processes,
)
from brickwork.errors import BrickworkError, mask_credentials
from brickwork.ray_cluster import ENGINES, check_engine
from brickwork.training.parallel.watch import leave_with_launcher

if TYPE_CHECKING:
    from brickwork.network import Layer
    from brickwork.training.plan import Plan
    from brickwork.training.result import Result
    from brickwork.training.tune.range_test import RangeTest

FINDS = ("lr", "batch")
SPLITS = {"test": "Test", "val": "Validation"}


@click.command("train", cls=RecipeCommand)
@click.argument("network", required=False, type=WORD)
@data_options("fashion")
@click.option("--out", metavar="RUN", type=PATH, help="The run folder.  [default: runs/NAME]")
@click.option("--nproc", type=click.IntRange(min=1), default=1, metavar="N", help="Processes that train together.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="torch",
    show_default=True,
    help="What computes: torch here, or on a Ray cluster (see docs/scaling.md).",
)
@click.option(
    "--max-restarts",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    metavar="N",
    help="Times that processes are started again, with --nproc, without a step in between.",
)
@click.option("--resume", metavar="RUN", type=PATH, help="Resume the training in a run folder.")
@click.option("--input", metavar="CxHxW", help="The network's input, where it should not follow from the data.")
@click.option("--classes", type=int, metavar="N", help="Stop where the data has not so many classes.")
@click.option("--track", multiple=True, metavar="NAME", help="Tracker: tensorboard, wandb, mlflow or trackio.")
@click.option(
    "--pretrained", is_flag=True, help="Begin with the network's first published weights, the head alone first."
)
@click.option(
    "--find",
    type=click.Choice(FINDS),
    help="Learning rate range test, or the largest batch; no training.",
)
@own_option
@recipe_options
@json_option
@click.pass_context
def train_command(
    context: click.Context,
    /,
    network: str | None,
    data: str,
    groups: str,
    out: Path | None,
    nproc: int,
    engine: str,
    max_restarts: int,
    resume: Path | None,
    input: str | None,
    classes: int | None,
    track: tuple[str, ...],
    pretrained: bool,
    find: str | None,
    own: "tuple[type[Layer], ...]",
    word: str,
    as_json: bool,
) -> None:
    """Train a network on images.

    NETWORK is a name from 'brickwork list', or FILE.py:NAME for one of your own; without one it is that of the
    --weights, or resnet20. The data is a folder with a folder for each class, or another source; "fashion" is built
    in: 10,000 images of clothes.

    Ctrl-C, SIGTERM and SIGHUP stop a training with a checkpoint; --resume RUN goes on from it, to the same weights as
    if it had never been stopped, bit for bit on the same machine. Where the same images lie elsewhere now, --data says
    where; data at an address, and trackers, are named again.

    \b
    Examples:
      brickwork train
      brickwork train resnet18 --data photos --epochs 20
      brickwork train resnet18 --data photos --pretrained
      brickwork train resnet50 --data photos --nproc 4
      brickwork train --resume runs/resnet18-photos-1
    """
    leave_with_launcher()
    check_engine(engine, nproc if "nproc" in options_given(context) else None)
    if resume:
        check_resume_alone(context)
        if engine == "ray":
            again = data if "data" in options_given(context) else None
            result = resume_run_on_ray(resume, nproc, max_restarts, again, own, track)
        elif nproc > 1:
            raise click.exceptions.Exit(resume_processes(resume, nproc, max_restarts, child_words(context)))
        else:
            result = resume_run(resume, data if "data" in options_given(context) else None, own, track)
        data = data_of(resume)
    else:
        plan = plan_of(context, network, data, groups, input, classes, word, pretrained)
        if find:
            print_search(find, plan, as_json)
            return
        if engine == "ray":
            result = train_plan_on_ray(plan, data, out, track, nproc, max_restarts)
        elif nproc > 1:
            raise click.exceptions.Exit(train_processes(plan, out, track, nproc, max_restarts, child_words(context)))
        else:
            result = train_plan(plan, out, track)
    if not result.rank:  # of several processes, one prints
        print_result(result, data, track, own_given(context), as_json)
    if result.stopped:
        raise click.exceptions.Exit(128 + result.stopped)


def print_result(result: "Result", data: str, track: tuple[str, ...], own: Sequence[str], as_json: bool) -> None:
    try:
        text = "" if as_json else result_text(result, data, track, own)
        print_json(result_document(result)) if as_json else say(text)
        sys.stdout.flush()
    except OSError:
        if not result.stopped:
            raise
        silence_stdout()  # its terminal was closed, which is what stopped the training


def plan_of(
    context: click.Context,
    network: str | None,
    data: str,
    groups: str,
    input: str | None,
    classes: int | None,
    word: str,
    pretrained: bool,
) -> "Plan":
    """The network, the data and the recipe that the command line names."""
    from brickwork import zoo
    from brickwork.training.plan import make_plan

    shape = zoo.brackets.shape(input) if input is not None else None
    fields = fields_given(context)
    value = find_network(network) if network else None
    return make_plan(
        value, data, word, groups=groups, input=shape, classes=classes, fields=fields, pretrained=pretrained
    )


def child_words(context: click.Context) -> list[str]:
    """The options that each of several processes gets, too."""
    words = own_given(context)
    if context.params["resume"] and "data" in options_given(context):
        words += ["--data", context.params["data"]]
    words += [word for name in context.params["track"] if context.params["resume"] for word in ("--track", name)]
    return [*words, *(["--json"] if context.params["as_json"] else [])]


def print_search(what: str, plan: "Plan", as_json: bool) -> None:
    """Prints the learning rate, or the batch, that suits the network, the data and the machine."""
    from brickwork.training.tune.search import find_batch_size, find_learning_rate

    with training_progress() as listener:
        if what == "batch":
            batch = find_batch_size(plan.network, plan.dataset, plan.recipe, listener=listener)
            print_json({"batch": batch}) if as_json else say(f"Up to {batch:,} images a step fit: --batch {batch}")
            return
        sweep = find_learning_rate(plan.network, plan.dataset, plan.recipe, listener=listener)
    if as_json:
        print_json({"lr": sweep.suggestion, **asdict(sweep)})
    else:
        say(range_test_text(sweep))


def range_test_text(sweep: "RangeTest") -> str:
    """What a range test found, with figures enough for the suggestion to be a third of what is printed."""
    return (
        f"The loss falls fastest at a learning rate of {sweep.steepest:.3g}, and is least at {sweep.least:.3g}.\n"
        f"A third of {sweep.least:.3g} suits as the highest rate of a schedule: --lr {sweep.suggestion:.2g}"
    )


def check_resume_alone(context: click.Context) -> None:
    """Raises where something is given beside --resume that its run has settled already."""
    options = {option.name: option.opts[0] for option in context.command.params}
    for name in options_given(context):
        if name not in ("resume", "data", "track", "own", "as_json", "nproc", "engine", "max_restarts"):
            word = "NETWORK" if name == "network" else options[name]
            raise BrickworkError(f"{word} is settled by the run that --resume goes on with: leave it out.")


def data_of(run: Path) -> str:
    """The data of a run, as commands take it."""
    from brickwork.training.run.folder import open_run

    _, _, plan = open_run(run)
    return str(plan["data"])


def result_document(result: "Result") -> dict[str, object]:
    """What `train --json` prints."""
    return {
        "run": str(result.run),
        "model": str(result.model) if result.model else None,
        "accuracy": result.accuracy,
        "interval": result.interval,
        "split": result.split,
        "images": result.images,
        "skipped": len(result.skipped),
        "stopped": result.stopped,
        "seconds": round(result.seconds, 3),
        "majority": result.majority,
    }


def result_text(result: "Result", data: str, track: Sequence[str] = (), own: Sequence[str] = ()) -> str:
    """What has come of it, and what to type next."""
    lines = [f"Stopped after step {result.step:,}, checkpoint written."] if result.stopped else []
    if result.model:
        lines += accuracy_lines(result)
    return "\n".join([*lines, "", "Next:", *(f"  {line}" for line in next_commands(result, data, track, own))])


def accuracy_lines(result: "Result") -> list[str]:
    """The accuracy, what it is to be compared with, and where the model lies."""
    from brickwork.training.events import clock

    skipped = f"{count_of(len(result.skipped), 'image')} could not be read, " if result.skipped else ""
    report = result.run / "report.html"
    return [
        f"{SPLITS[result.split]} accuracy {result.accuracy:.2%}{interval_text(result)}"
        f" on {count_of(result.images, 'image')}.",
        *([f"The most frequent class has {result.majority:.2%} of them."] if result.majority else []),
        f"{skipped}{clock(result.seconds)} of training.".capitalize(),
        f"Model:   {result.model}",
        *([f"Report:  {report}"] if result.split == "test" and report.exists() else []),
    ]


def interval_text(result: "Result") -> str:
    """The 95 % interval, as " (88.3 to 91.0 %)"."""
    return f" ({100 * result.interval[0]:.1f} to {100 * result.interval[1]:.1f} %)" if result.interval else ""


def next_commands(result: "Result", data: str, track: Sequence[str] = (), own: Sequence[str] = ()) -> list[str]:
    """Commands that make sense now; `own` are the --own FILE.py that each takes. Credentials are masked."""
    from brickwork.training.resume import resume_command

    if result.stopped:
        return [shlex.join([*shlex.split(resume_command(result.run, data, track)), *own])]
    evaluate = shlex.join(["brickwork", "evaluate", str(result.model), "--data", mask_credentials(data), *own])
    predict = shlex.join(["brickwork", "predict", str(result.model), *own])
    return [evaluate, f"{predict} IMAGE..."]
