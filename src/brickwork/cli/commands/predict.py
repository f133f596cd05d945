"""`brickwork predict`: the classes of images, as a table, JSON or CSV."""

import csv
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from brickwork.cli.nproc import nproc_option
from brickwork.cli.output import check_output, count_of, json_option, json_text, notify, print_json, say
from brickwork.cli.own import own_option
from brickwork.cli.paths import PATH, WORD
from brickwork.errors import BrickworkError, require
from brickwork.files import write_whole

if TYPE_CHECKING:
    from brickwork.evaluation import Prediction, Threshold
    from brickwork.model import ModelFile
    from brickwork.network import Layer
    from brickwork.runtime import Session

FIELDS = ("path", "label", "probability", "reason", "guess")
FORMULAS = tuple("=+-@\t\r")  # with which a cell begins that a spreadsheet runs (OWASP, "CSV Injection")
TABLES = {".csv": ",".join(FIELDS).encode(), ".json": b'[{"path": '}  # the endings of a table, and how each begins


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
    "--engine", type=click.Choice(["torch", "onnxruntime", "openvino"]),
    help="What computes.  [default: torch for a model file, else the first installed that reads it]",
)  # fmt: skip
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
    nproc: int | None,
    own: "tuple[type[Layer], ...]",
    as_json: bool,
) -> None:
    """Predicted classes of your own images.

    MODEL is a file that 'brickwork train' wrote, or its run's folder; or an exported model, an .onnx or an .xml, for
    which torch need not be installed. An IMAGE is a file, a folder with images in it,
    a pattern in quotes as 'new/*.jpg', or - for a list of paths from standard input. What cannot be read has its
    reason in place of a label. Where the confidence, the probability of the most probable class, is below a threshold,
    the label is "unsure": the threshold is the one that the share --coverage of the validation images reach.

    \b
    Examples:
      brickwork predict runs/resnet18-photos-1/model.safetensors leaf.jpg
      brickwork predict runs/resnet18-photos-1/model.safetensors photos/new --out labels.csv --coverage 0.9
      brickwork predict runs/resnet18-photos-1 --list paths.txt --probabilities --out labels.csv
      brickwork predict runs/resnet18-photos-1 photos/new --nproc 4 --out labels.csv
      brickwork predict model.onnx photos/new --out labels.csv
    """
    from brickwork.evaluation.prediction import facts_of, open_model
    from brickwork.runtime import is_exported
    from brickwork.runtime.calibration import threshold_for

    if not is_exported(model):
        require("torch", "train", "predict")
    if out:
        check_output(out, TABLES, (model, *([listing] if listing not in (None, "-") else []), *images))
    words = image_words(images, listing)
    opened = open_model(model, engine, own)
    facts = facts_of(opened)
    if threshold := threshold_for(facts, coverage):
        notify(threshold_text(threshold, coverage))
    rows = predict_all(opened, words, coverage, max(top, len(facts.classes) if probabilities else 0), nproc)
    print_predictions(rows, TableShape(top, facts.classes if probabilities else (), spreadsheet), out, as_json)
    if all(row.reason for row in rows):
        raise BrickworkError(f"there was no image to look at: {rows[0].path}: {rows[0].reason}.")


def threshold_text(threshold: "Threshold", coverage: float | None) -> str:
    """What "unsure" means here."""
    from brickwork.runtime.calibration import COVERAGE

    share = COVERAGE if coverage is None else coverage
    return (
        f'"unsure" is a confidence below the threshold of {threshold.threshold:.1%}, for a coverage of {share:.1%}: '
        f"{threshold.n:,} validation images reach it, and {threshold.correct / threshold.n:.1%} of these are predicted "
        f"correctly."
    )


def image_words(images: tuple[str, ...], listing: str | None) -> list[str]:
    """The images that the command line names, and those of a list: paths as they are typed."""
    words = [word for image in images for word in (read_words("-") if image == "-" else [image])]
    words += read_words(listing) if listing else []
    if not images and not listing:
        raise click.UsageError(
            "Missing argument 'IMAGE...', or a list of them with --list.", click.get_current_context()
        )
    if not words:
        raise BrickworkError(f"{listing or 'standard input'}: the list names no image.")
    return words


def read_words(listing: str) -> list[str]:
    """The paths in a file, or on standard input."""
    from brickwork.runtime.inputs import read_paths

    return read_paths(sys.stdin.buffer.read() if listing == "-" else Path(listing).read_bytes())


def predict_all(
    model: "ModelFile | Session", words: list[str], coverage: float | None, top: int, nproc: int | None
) -> "list[Prediction]":
    """The predictions of all images, while progress is shown on standard error."""
    from brickwork.cli.commands.check import reading_progress
    from brickwork.evaluation import iter_predictions
    from brickwork.runtime.inputs import iter_images

    found = [image.source if isinstance(image.source, Path) else image.name for image in iter_images(words)]
    rows: list[Prediction] = []
    with reading_progress(len(found)) if sys.stderr.isatty() else thousands(len(found)) as progress:
        for row in iter_predictions(model, found, coverage=coverage, top=top, nproc=nproc):
            rows.append(row)
            progress(len(rows))
    return rows


@contextmanager
def thousands(total: int) -> Iterator[Callable[[int], None]]:
    """Progress for whoever reads a log: a line for every thousandth image, as many of them take a while."""
    yield lambda done: None if done % 1000 else notify(f"{done:,} of {total:,} images")


class TableShape(NamedTuple):
    """Which columns were asked for besides the usual ones."""

    top: int  # the most probable classes
    classes: tuple[str, ...]  # each of which has a column for its probability
    quoted: bool = False  # cells that a spreadsheet would run begin with an apostrophe


def print_predictions(rows: "list[Prediction]", columns: TableShape, out: Path | None, as_json: bool) -> None:
    if out:
        write_table(out, rows, columns)
    if as_json:
        print_json([row_document(row, columns) for row in rows])
    else:
        say(f"{count_of(len(rows), 'row')} in {out}." if out else prediction_table(rows, columns))


def row_document(row: "Prediction", columns: TableShape) -> dict[str, Any]:
    """A row of `predict --json`."""
    cells = asdict(replace(row, top=row.top[: columns.top]))
    return {**cells, "probabilities": probabilities_of(row)} if columns.classes else cells


def probabilities_of(row: "Prediction") -> dict[str, float]:
    """The probability of each class that the row names; none where the image cannot be read."""
    return {guess.label: guess.probability for guess in row.top}


def write_table(out: Path, rows: "list[Prediction]", columns: TableShape) -> None:
    """Writes the table as JSON or CSV, whole or not at all."""
    if out.suffix.lower() == ".json":
        write_whole(out, json_text([row_document(row, columns) for row in rows]).encode())
        return
    further = [name for place in range(2, columns.top + 1) for name in (f"guess{place}", f"probability{place}")]
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, [*FIELDS, *further, *map(class_column, columns.classes)])
    table.writeheader()
    cells = (csv_cells(row, columns) for row in rows)
    table.writerows(map(quote_formulas, cells) if columns.quoted else cells)
    write_whole(out, text.getvalue().encode())


def quote_formulas(cells: dict[str, Any]) -> dict[str, Any]:
    """A row whose texts are no formulas: those that begin as one stand behind an apostrophe, which shows as text."""
    return {
        name: f"'{cell}" if isinstance(cell, str) and cell[:1] in FORMULAS else cell for name, cell in cells.items()
    }


def class_column(name: str) -> str:
    """The title of the column with a class's probability, which no other column's can be."""
    return f"p_{name}"


def csv_cells(row: "Prediction", columns: TableShape) -> dict[str, Any]:
    """A row of the table: guess2 and probability2 are the next best class."""
    cells: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    for place, guess in enumerate(row.top[1 : columns.top], 2):
        cells |= {f"guess{place}": guess.label, f"probability{place}": guess.probability}
    shares = probabilities_of(row) if columns.classes else {}
    return cells | {class_column(name): share for name, share in shares.items()}


def prediction_table(rows: "list[Prediction]", columns: TableShape) -> str:
    from brickwork.network.columns import RULE, format_columns

    cells = [
        (row.path, *class_cells(row, columns), "" if row.probability is None else f"{row.probability:.1%}",
         label_text(row, columns.top))
        for row in rows
    ]  # fmt: skip
    head = ("image", *columns.classes, "probability", "label")
    return "\n".join(format_columns([head, RULE, *cells], f"<{'>' * len(columns.classes)}><"))


def class_cells(row: "Prediction", columns: TableShape) -> list[str]:
    shares = probabilities_of(row)
    return [f"{shares[name]:.1%}" if name in shares else "" for name in columns.classes]


def label_text(row: "Prediction", top: int) -> str:
    """The label, or why there is none, and what else was asked for."""
    if row.reason:
        return f"unreadable: {row.reason}"
    label = row.label if row.label == row.guess else f"{row.label}: {row.guess}"
    return ", ".join([f"{label}", *(f"{guess.label} {guess.probability:.1%}" for guess in row.top[1:top])])
