"""`brickwork predict`: the classes of images, as a table, JSON or CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from brickwork.cli.output import check_output, count_of, json_option, notify, print_json
from brickwork.cli.own import own_option
from brickwork.errors import BrickworkError
from brickwork.files import write_whole

if TYPE_CHECKING:
    from brickwork.evaluation import Prediction, Threshold
    from brickwork.network import Layer

FIELDS = ("path", "label", "probability", "reason", "guess")
TABLES = {".csv": ",".join(FIELDS).encode(), ".json": b'[{"path": '}  # the endings of a table, and how each begins


@click.command("predict")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE...")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="Write the table to this file, a .csv or a .json."
)
@click.option(
    "--coverage", type=float, metavar="SHARE",
    help="Share of images like those of the validation that get a class and not \"unsure\"; 1 is all.  "
    "[default: 0.95 if calibrated]",
)  # fmt: skip
@click.option(
    "--top", type=click.IntRange(1), default=1, show_default=True, metavar="K", help="The K most probable classes."
)
@own_option
@json_option
def predict_command(
    model: Path,
    images: tuple[Path, ...],
    out: Path | None,
    coverage: float | None,
    top: int,
    own: "tuple[type[Layer], ...]",
    as_json: bool,
) -> None:
    """Predicted classes of your own images.

    MODEL is a file that 'brickwork train' wrote; an IMAGE is a file, or a folder with images in it. What cannot
    be read has its reason in place of a label. Where the confidence, the probability of the most probable class, is
    below a threshold, the label is "unsure": the threshold is the one that the share --coverage of the validation
    images reach.

    \b
    Examples:
      brickwork predict runs/resnet18-photos-1/model.safetensors leaf.jpg
      brickwork predict runs/resnet18-photos-1/model.safetensors photos/new --out labels.csv --coverage 0.9
    """
    from brickwork.evaluation import iter_predictions, threshold_for
    from brickwork.model import load

    if out:
        check_output(out, TABLES, (model, *images))
    file = load(model, own)
    if threshold := threshold_for(file, coverage):
        notify(threshold_text(threshold, coverage))
    rows = list(count_progress(iter_predictions(file, images, coverage=coverage, top=top)))
    print_predictions(rows, out, top, as_json)
    if all(row.reason for row in rows):
        raise BrickworkError(f"there was no image to look at: {rows[0].path}: {rows[0].reason}.")


def threshold_text(threshold: "Threshold", coverage: float | None) -> str:
    """What "unsure" means here."""
    from brickwork.evaluation.metrics.calibration import COVERAGE

    share = COVERAGE if coverage is None else coverage
    return (
        f'"unsure" is a confidence below the threshold of {threshold.threshold:.1%}, for a coverage of {share:.1%}: '
        f"{threshold.n:,} validation images reach it, and {threshold.correct / threshold.n:.1%} of these are predicted "
        f"correctly."
    )


def count_progress(rows: "Iterable[Prediction]") -> "Iterator[Prediction]":
    """The same rows, while every thousandth is noted on standard error, as many of them take a while."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % 1000 == 0:
            notify(f"{number:,} images")


def print_predictions(rows: "list[Prediction]", out: Path | None, top: int, as_json: bool) -> None:
    if out:
        write_table(out, rows, top)
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        print(f"{count_of(len(rows), 'row')} in {out}." if out else prediction_table(rows))


def write_table(out: Path, rows: "list[Prediction]", top: int) -> None:
    """Writes the table as JSON or CSV, whole or not at all."""
    if out.suffix.lower() == ".json":
        write_whole(out, json.dumps([asdict(row) for row in rows]).encode())
        return
    further = [name for place in range(2, top + 1) for name in (f"guess{place}", f"probability{place}")]
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, [*FIELDS, *further])
    table.writeheader()
    table.writerows(csv_cells(row) for row in rows)
    write_whole(out, text.getvalue().encode())


def csv_cells(row: "Prediction") -> dict[str, Any]:
    """A row of the table: guess2 and probability2 are the next best class."""
    cells: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    for place, guess in enumerate(row.top[1:], 2):
        cells |= {f"guess{place}": guess.label, f"probability{place}": guess.probability}
    return cells


def prediction_table(rows: "list[Prediction]") -> str:
    from brickwork.network.columns import RULE, format_columns

    cells = [(row.path, "" if row.probability is None else f"{row.probability:.1%}", label_text(row)) for row in rows]
    return "\n".join(format_columns([("image", "probability", "label"), RULE, *cells], "<><"))


def label_text(row: "Prediction") -> str:
    """The label, or why there is none, and what else was asked for."""
    if row.reason:
        return f"unreadable: {row.reason}"
    label = row.label if row.label == row.guess else f"{row.label}: {row.guess}"
    return ", ".join([f"{label}", *(f"{guess.label} {guess.probability:.1%}" for guess in row.top[1:])])
