"""`brickwork export`: a model as a file for other engines, beside the parity sheet that proves it."""

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brickwork.cli.options.lists import Words
from brickwork.cli.options.own import own_option
from brickwork.cli.output import json_option, notify, print_json, say, width
from brickwork.cli.paths import PATH, WORD
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.exporting import Export
    from brickwork.network import Layer

FORMATS = ("onnx", "openvino", "pt2")


@click.command("export")
@click.argument("model", type=PATH)
@click.option("--to", type=click.Choice(FORMATS), default="onnx", show_default=True, help="The format.")
@click.option("--out", type=PATH, metavar="FILE", help="Where to write it.  [default: beside MODEL]")
@click.option("--with-preprocessing", is_flag=True, help="A second file that resizes and crops images itself.")
@click.option(
    "--data", type=WORD, metavar="SOURCE",
    help="Data whose validation images are compared.  [default: what the model's record names]",
)  # fmt: skip
@click.option("--allow", type=Words(), metavar="bf16", default="", help="Also show this precision on the sheet.")
@click.option("--int8", is_flag=True, help="Compute in 8 bits, within --max-drop.")
@click.option(
    "--max-drop", type=float, metavar="POINTS",
    help="Accuracy that --int8 may cost at most, in points (%).  [default: 0.5]",
)  # fmt: skip
@click.option("--choose", is_flag=True, help="Time the engines, and store the fastest for 'predict' beside FILE.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@own_option
@json_option
def export_command(
    model: Path,
    to: str,
    out: Path | None,
    with_preprocessing: bool,
    data: str | None,
    allow: tuple[str, ...],
    int8: bool,
    max_drop: float | None,
    choose: bool,
    force: bool,
    own: "tuple[type[Layer], ...]",
    as_json: bool,
) -> None:
    """A model as a file for other engines, with proof.

    MODEL is a file that 'brickwork train' wrote, or its run's folder. The file takes bytes (N x C x H x W, any N) and
    gives logits and probabilities: normalisation, temperature and softmax are inside, and so are, as data, classes,
    preprocessing and thresholds. Every engine that is installed is compared with torch on validation images: where a
    probability differs by more than 0.0001, nothing is written. What was compared stands in FILE.parity.json and .txt.

    --with-preprocessing writes a second file, FILE.image.onnx, for programs without Python: it takes one image of any
    size (height x width x C), upright and decoded, and resizes it as Pillow does, within 1 level of 255.

    --int8 takes ranges from training images and judges the file on the validation images: it is refused where the upper
    end of the drop's 95 % interval is above --max-drop. Layers that cost too much stay in float; the sheet names them,
    what every class lost, and the times of fp32, bf16 and int8.

    \b
    Examples:
      brickwork export runs/resnet18-photos-1/model.safetensors --to onnx
      brickwork export runs/resnet18-photos-1 --to openvino --out leaf.xml --data photos
      brickwork export runs/resnet20-fashion-1 --with-preprocessing --json
      brickwork export runs/resnet20-fashion-1 --to openvino --int8 --max-drop 0.5
      brickwork export runs/resnet20-fashion-1 --choose --allow bf16
    """
    from brickwork.evaluation.data import as_model_file
    from brickwork.exporting import export
    from brickwork.exporting.choose import choices_text
    from brickwork.exporting.exporter import MAX_DROP, check_target, place_of
    from brickwork.exporting.formats import format_named
    from brickwork.exporting.parity.text import sheet_text

    if max_drop is not None and not int8:
        raise BrickworkError("--max-drop is the budget of --int8: add it, or leave --max-drop out.")
    budget = MAX_DROP if max_drop is None else max_drop
    kind = format_named(to)
    out = place_of(model, out, kind)
    check_target(kind, out, with_preprocessing, force, model, choose)
    with stages() as progress:
        done = export(
            as_model_file(model, own), to, out, with_preprocessing=with_preprocessing, data=data, allow=allow,
            int8=int8, max_drop=budget, choose=choose, force=force, progress=progress,
        )  # fmt: skip
    if as_json:
        choices = {"choices": asdict(done.choices)} if done.choices else {}
        print_json({"files": list(map(str, done.files)), "sheet": done.sheet.document(), **choices})
        return
    table = [choices_text(done.choices, width()), ""] if done.choices else []
    say(sheet_text(done.sheet, width()), "", *table, next_line(done))


def next_line(done: "Export") -> str:
    """What is typed next."""
    files = f"Wrote {', '.join(map(str, done.files))}."
    if done.path.suffix == ".pt2":
        return f"{files} In Python: torch.export.load({str(done.path)!r}).module()(images)"
    return f"{files} Next:\n  {shlex.join(['brickwork', 'predict', str(done.path)])} IMAGE..."


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """Progress: on a terminal one line that changes, otherwise a line for each stage."""
    if not sys.stderr.isatty():
        yield notify
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda news: status.update(f"{news} ...")
