"""The commands that use a model file: how often it is right, and what it sees."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from brickwork.cli.open_dataset import data_options, open_as_divided
from brickwork.cli.output import count_of, json_option, notify, print_json, width
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.evaluation import Prediction, Report, Threshold

FIELDS = ("path", "label", "probability", "reason", "guess")


@click.command("evaluate")
@click.argument("model", type=click.Path(path_type=Path))
@data_options()
@click.option("--split", default="test", show_default=True, help="Which of its images: train, val, test or all.")
@click.option(
    "--worst", type=click.IntRange(0), default=20, show_default=True, metavar="N", help="Worst mistakes to list."
)
@click.option("--report", "page", metavar="HTML", type=click.Path(path_type=Path), help="Write a page with pictures.")
@json_option
def evaluate_command(
    model: Path, data: str, groups: str, split: str, worst: int, page: Path | None, as_json: bool
) -> None:
    """How often a model is right, and where it is wrong.

    In all, class by class and slice by slice, every number with its interval; and the images on which it is most wrong.

    MODEL is a file that 'brickwork train' wrote. DATA without train, val and test folders is divided as for
    the model's training: test is a tenth of it, and none of that is trained on where it is the same folder.
    Every number has its 95 % interval. The worst mistakes are the images whose labels the model believes least:
    with --split train, those whose labels are wrong.

    \b
    Examples:
      brickwork evaluate runs/resnet20-fashion-1/model.safetensors --data fashion
      brickwork evaluate runs/resnet18-photos-1/model.safetensors --data photos --report photos.html
    """
    from brickwork.evaluation.report.text import evaluation_text

    if page:
        page = page / "evaluation.html" if page.is_dir() else page
        check_writable(page)
    report = score(model, data, groups, split)
    for skipped in report.skipped:
        notify(f"skipped {skipped.name}: {skipped.reason}")
    print_json(report.document(worst)) if as_json else print(evaluation_text(report, worst, width()))
    if page:
        write_page(page, report)


def score(model: Path, data: str, groups: str, split: str) -> "Report":
    from brickwork.cli.commands.check import reading_progress
    from brickwork.evaluation import evaluate
    from brickwork.evaluation.scoring import images_of
    from brickwork.model import load

    file = load(model)
    dataset = open_as_divided(data, groups, file.record)
    with reading_progress(len(images_of(file, dataset, split))) as progress:
        report = evaluate(file, dataset, split, progress=progress)
    for note in dataset.notes:
        notify(note)
    return report


def write_page(path: Path, report: "Report") -> None:
    from brickwork.evaluation.report.html import evaluation_html
    from brickwork.files import write_whole

    write_whole(path, evaluation_html(report).encode("utf-8", "backslashreplace"))
    notify(f"The page is {path}.")


def check_writable(path: Path) -> None:
    """Before anything is computed that could not be written there."""
    if not path.parent.is_dir():
        raise BrickworkError(f"{path}: there is no folder {path.parent} to write it to: make it first.")


@click.command("predict")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE...")
@click.option("--out", metavar="CSV", type=click.Path(path_type=Path), help="Write the table to this file.")
@click.option(
    "--coverage", type=float, metavar="SHARE",
    help="How much of images like those of the validation to answer; 1 is all.  [default: 0.95 if calibrated]",
)  # fmt: skip
@click.option(
    "--top", type=click.IntRange(1), default=1, show_default=True, metavar="K", help="The K most probable classes."
)
@json_option
def predict_command(
    model: Path, images: tuple[Path, ...], out: Path | None, coverage: float | None, top: int, as_json: bool
) -> None:
    """What a model sees in images of your own.

    MODEL is a file that 'brickwork train' wrote; an IMAGE is a file, or a folder with images in it. What cannot
    be read has its reason in place of a label. Where the model is not sure enough, the label is "unsure": the threshold
    is the one that answered the share --coverage of the validation images.

    \b
    Examples:
      brickwork predict runs/resnet18-photos-1/model.safetensors leaf.jpg
      brickwork predict runs/resnet18-photos-1/model.safetensors photos/new --out labels.csv --coverage 0.9
    """
    from brickwork.evaluation import predict, threshold_for
    from brickwork.model import load

    if out:
        check_writable(out)
    file = load(model)
    if answered := threshold_for(file, coverage):
        notify(promise(answered, coverage))
    rows = list(count_progress(predict(file, images, coverage=coverage, top=top)))
    if out:
        write_table(out, rows, top)
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        print(f"{count_of(len(rows), 'row')} in {out}." if out else prediction_table(rows))
    if all(row.reason for row in rows):
        raise BrickworkError(f"there was no image to look at: {rows[0].path}: {rows[0].reason}.")


def promise(answered: "Threshold", coverage: float | None) -> str:
    """What "unsure" means here."""
    from brickwork.evaluation.metrics.calibration import COVERAGE

    share = COVERAGE if coverage is None else coverage
    return (
        f'"unsure" is a probability below {answered.threshold:.1%}, for a coverage of {share:.1%}: of the validation '
        f"images {answered.n:,} are answered, {answered.right / answered.n:.1%} of these rightly."
    )


def count_progress(rows: "Iterable[Prediction]") -> "Iterator[Prediction]":
    """The same rows; many of them take a while, so that every thousand is told."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % 1000 == 0:
            notify(f"{number:,} images")


def write_table(out: Path, rows: "list[Prediction]", top: int) -> None:
    further = [name for place in range(2, top + 1) for name in (f"guess{place}", f"probability{place}")]
    with out.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [*FIELDS, *further])
        table.writeheader()
        table.writerows(cells(row) for row in rows)


def cells(row: "Prediction") -> dict[str, Any]:
    """A row of the table: guess2 and probability2 are the next best class."""
    found: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    for place, each in enumerate(row.top[1:], 2):
        found |= {f"guess{place}": each.label, f"probability{place}": each.probability}
    return found


def prediction_table(rows: "list[Prediction]") -> str:
    from brickwork.network.columns import RULE, format_columns

    seen = [(row.path, "" if row.probability is None else f"{row.probability:.1%}", label_text(row)) for row in rows]
    return "\n".join(format_columns([("image", "probability", "label"), RULE, *seen], "<><"))


def label_text(row: "Prediction") -> str:
    """The label, or why there is none, and what else was asked for."""
    if row.reason:
        return f"unreadable: {row.reason}"
    label = row.label if row.label == row.guess else f"{row.label}: {row.guess}"
    return ", ".join([f"{label}", *(f"{each.label} {each.probability:.1%}" for each in row.top[1:])])
