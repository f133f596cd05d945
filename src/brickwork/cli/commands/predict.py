"""`brickwork predict`: the classes of images, as a table, JSON or CSV."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from brickwork.cli.image_words import ImageWords, image_words
from brickwork.cli.options.lists import Words
from brickwork.cli.options.nproc import nproc_option
from brickwork.cli.options.own import own_option
from brickwork.cli.output import check_output, count_of, json_option, json_text, notify, print_json, say
from brickwork.cli.paths import PATH, WORD
from brickwork.cli.predictions import TABLES, TableShape, csv_cells, csv_header, prediction_table, row_document
from brickwork.cli.table_file import TableFile, begin_table, resume_table, sha256_of
from brickwork.errors import BrickworkError
from brickwork.files import write_whole
from brickwork.ray_cluster import check_cluster

if TYPE_CHECKING:
    from brickwork.evaluation import Prediction, Threshold
    from brickwork.model import ModelFile
    from brickwork.network import Layer
    from brickwork.runtime import Session


@click.command("predict")
@click.argument("model", type=PATH)
@click.argument("images", nargs=-1, type=WORD, metavar="IMAGE...")
@click.option("--list", "listing", metavar="FILE", type=WORD, help="Paths of images, one a line; - is standard input.")
@click.option("--out", metavar="FILE", type=PATH, help="Write the table to this file, a .csv or a .json.")
@click.option(
    "--coverage", type=float, metavar="SHARE",
    help="Share of images like those of the validation that get a class and not \"unsure\"; 1 is all.  "
    "[default: 0.95 if calibrated]",
)  # fmt: skip
@click.option(
    "--top", type=click.IntRange(1), default=1, show_default=True, metavar="K", help="The K most probable classes."
)
@click.option("--probabilities", is_flag=True, help="A column for the probability of every class.")
@click.option("--spreadsheet", is_flag=True, help="Put ' before cells of the .csv that a spreadsheet would run.")
@click.option(
    "--engine", type=click.Choice(["torch", "onnxruntime", "openvino", "ray"]),
    help="What computes; ray: torch on a Ray cluster, for --nproc N of its CPUs.  "
    "[default: torch for a model file, else the first installed that reads it]",
)  # fmt: skip
@click.option(
    "--allow", type=Words(), metavar="bf16", default="", help="Let it compute in bf16 where the processor has it."
)
@click.option("--resume", is_flag=True, help="Go on with the .csv of a command that was ended, where its rows end.")
@nproc_option
@own_option
@json_option
def predict_command(
    model: Path,
    images: tuple[str, ...],
    listing: str | None,
    out: Path | None,
    coverage: float | None,
    top: int,
    probabilities: bool,
    spreadsheet: bool,
    engine: str | None,
    allow: tuple[str, ...],
    resume: bool,
    nproc: int | None,
    own: "tuple[type[Layer], ...]",
    as_json: bool,
) -> None:
    """Predicted classes of your own images.

    MODEL is a file that 'brickwork train' wrote, or its run's folder; or an exported model, an .onnx or an .xml, for
    which torch need not be installed. An IMAGE is a file, a folder with images in it, a pattern in quotes as
    'new/*.jpg', or - for a list of paths from standard input. What cannot be read has its reason in place of a label.
    Where the confidence, the probability of the most probable class, is below a threshold, the label is "unsure": the
    threshold is the one that the share --coverage of the validation images reach.

    \b
    Examples:
      brickwork predict runs/resnet18-photos-1/model.safetensors leaf.jpg
      brickwork predict runs/resnet18-photos-1/model.safetensors photos/new --out labels.csv --coverage 0.9
      brickwork predict runs/resnet18-photos-1 --list paths.txt --probabilities --out labels.csv
      brickwork predict runs/resnet18-photos-1 photos/new --nproc 4 --out labels.csv
      brickwork predict model.onnx photos/new --out labels.csv
      brickwork predict model.onnx photos/new --out labels.csv --resume
    """
    from brickwork.evaluation.prediction import facts_of, iter_predictions, open_model
    from brickwork.runtime.calibration import threshold_for

    if out:
        check_output(out, TABLES, (model, *([listing] if listing not in (None, "-") else []), *images))
    check_cluster(engine, nproc)
    if resume and (as_json or not is_csv(out)):
        raise BrickworkError("--resume goes on with a table: it needs the same --out NAME.csv, and no --json.")
    words = image_words(images, listing)
    opened = open_model(model, engine, own, allow)
    for line in engine_lines(model, engine, opened, allow):
        notify(line)
    facts = facts_of(opened)
    if threshold := threshold_for(facts, coverage):
        notify(threshold_text(threshold, coverage))
    columns = TableShape(top, facts.classes if probabilities else (), spreadsheet)
    chosen = {"model": model, "coverage": coverage, "precision": list(allow)}
    table = open_table(out, columns, words, opened, chosen, resume) if out and is_csv(out) else None
    left, most = words.images(table.count if table else 0), max(top, len(columns.classes))
    found = iter_predictions(opened, left, coverage=coverage, top=most, nproc=nproc, engine=engine, allow=allow)
    with table or nullcontext():
        rows = follow(found, words, table, columns, keep=as_json or not table)
        print_predictions(rows, table, columns, out, as_json)
    check_labels(rows, table)


def engine_lines(
    model: Path, engine: str | None, opened: "ModelFile | Session", allow: tuple[str, ...]
) -> Iterator[str]:
    """What is to be known of the engine that was chosen, and of a precision below float32."""
    from brickwork.evaluation.prediction import BATCH
    from brickwork.runtime import Session
    from brickwork.runtime.engines import choice_for

    if not isinstance(opened, Session):
        return
    if engine is None and (stored := choice_for(model, BATCH, allow=allow)):
        yield stored.note
    if (precision := opened.document.precision) != "fp32":
        yield f"{model} computes in {precision}, as it was exported."


def threshold_text(threshold: "Threshold", coverage: float | None) -> str:
    """What "unsure" means here."""
    from brickwork.runtime.calibration import COVERAGE

    share = COVERAGE if coverage is None else coverage
    return (
        f'"unsure" is a confidence below the threshold of {threshold.threshold:.1%}, for a coverage of {share:.1%}: '
        f"{threshold.n:,} validation images reach it, and {threshold.correct / threshold.n:.1%} of these are predicted "
        f"correctly."
    )


def is_csv(out: Path | None) -> bool:
    return out is not None and out.suffix.lower() == ".csv"


def open_table(
    out: Path,
    columns: TableShape,
    words: ImageWords,
    opened: "ModelFile | Session",
    chosen: dict[str, Any],
    resume: bool,
) -> TableFile:
    """The table to write, which is begun with the model and what else its rows depend on."""
    from brickwork.evaluation.prediction import batch_size_of, engine_of

    model = chosen["model"]
    file = model / "model.safetensors" if model.is_dir() else model
    facts = {**chosen, "model": sha256_of(file), "engine": engine_of(opened)}
    header, batch = csv_header(columns), batch_size_of(opened)
    if resume:
        return resume_table(out, header, facts, batch, (image.name for image in words.images()))
    return begin_table(out, header, facts, batch)


def follow(
    found: "Iterator[Prediction]", words: ImageWords, table: TableFile | None, columns: TableShape, keep: bool
) -> "list[Prediction]":
    """Write predictions to the table as they come, and show progress; gives all of them, or the first alone."""
    from brickwork.cli.commands.check import reading_progress

    total, before = sum(1 for _ in words.images()), table.count if table else 0
    rows: list[Prediction] = []
    with reading_progress(total) if sys.stderr.isatty() else thousands(total) as progress:
        for done, row in enumerate(found, before + 1):
            if table:
                table.add(csv_cells(row, columns), row.reason is None)
            if keep or not rows:
                rows.append(row)
            progress(done)
    return rows


@contextmanager
def thousands(total: int) -> Iterator[Callable[[int], None]]:
    """Progress for whoever reads a log: a line for every thousandth image, as many of them take a while."""
    yield lambda done: None if done % 1000 else notify(f"{done:,} of {total:,} images")


def print_predictions(
    rows: "list[Prediction]", table: TableFile | None, columns: TableShape, out: Path | None, as_json: bool
) -> None:
    """Finish the table, or write the JSON, and print what was asked for."""
    count = table.count if table else len(rows)
    if table:
        table.finish()
    elif out:
        write_whole(out, json_text([row_document(row, columns) for row in rows]).encode())
    if as_json:
        print_json([row_document(row, columns) for row in rows])
    else:
        say(f"{count_of(count, 'row')} in {out}." if out else prediction_table(rows, columns))


def check_labels(rows: "list[Prediction]", table: TableFile | None) -> None:
    """Raises BrickworkError where no image could be read."""
    if rows and not (table.has_label if table else any(row.reason is None for row in rows)):
        raise BrickworkError(f"there was no image to look at: {rows[0].path}: {rows[0].reason}.")
