"""The commands that use a model file: how often it is right, and what it sees."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from brickwork.cli.data import data_options, opened_as_trained
from brickwork.cli.output import count_of, json_option, print_json, tell, width
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.evaluate import Answered, Prediction, Report

FIELDS = ("path", "label", "probability", "reason", "guess")


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@data_options()
@click.option("--split", default="test", show_default=True, help="Which of its images: train, val, test or all.")
@click.option(
    "--worst", type=click.IntRange(0), default=20, show_default=True, metavar="N", help="Worst mistakes to list."
)
@click.option("--report", "page", metavar="HTML", type=click.Path(path_type=Path), help="Write a page with pictures.")
@json_option
def evaluate(model: Path, data: str, groups: str, split: str, worst: int, page: Path | None, as_json: bool) -> None:
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
    from brickwork.cli.verdict import verdict

    if page:
        page = page / "evaluation.html" if page.is_dir() else page
        check_place(page)
    report = scored(model, data, groups, split)
    for skipped in report.skipped:
        tell(f"skipped {skipped.name}: {skipped.reason}")
    print_json(report.document(worst)) if as_json else print(verdict(report, worst, width()))
    if page:
        write_page(page, report)


def scored(model: Path, data: str, groups: str, split: str) -> "Report":
    from brickwork.cli.check import reading
    from brickwork.evaluate import evaluate
    from brickwork.evaluate.scoring import images_of
    from brickwork.model import load

    file = load(model)
    dataset = opened_as_trained(data, groups, file.record)
    with reading(len(images_of(file, dataset, split))) as progress:
        report = evaluate(file, dataset, split, progress=progress)
    for note in dataset.notes:
        tell(note)
    return report


def write_page(path: Path, report: "Report") -> None:
    from brickwork.evaluate.page import page
    from brickwork.files import write_whole

    write_whole(path, page(report).encode("utf-8", "backslashreplace"))
    tell(f"The page is {path}.")


def check_place(path: Path) -> None:
    """Before anything is computed that could not be written there."""
    if not path.parent.is_dir():
        raise BrickworkError(f"{path}: there is no folder {path.parent} to write it to: make it first.")


@click.command()
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
def predict(
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
    from brickwork.evaluate import answered_by, predict
    from brickwork.model import load

    if out:
        check_place(out)
    file = load(model)
    if answered := answered_by(file, coverage):
        tell(promise(answered, coverage))
    rows = list(counted(predict(file, images, coverage=coverage, top=top)))
    if out:
        write(out, rows, top)
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        print(f"{count_of(len(rows), 'row')} in {out}." if out else answers(rows))
    if all(row.reason for row in rows):
        raise BrickworkError(f"there was no image to look at: {rows[0].path}: {rows[0].reason}.")


def promise(answered: "Answered", coverage: float | None) -> str:
    """What "unsure" means here."""
    from brickwork.evaluate.calibration import COVERAGE

    share = COVERAGE if coverage is None else coverage
    return (
        f'"unsure" is a probability below {answered.threshold:.1%}, for a coverage of {share:.1%}: of the validation '
        f"images {answered.n:,} are answered, {answered.right / answered.n:.1%} of these rightly."
    )


def counted(rows: "Iterable[Prediction]") -> "Iterator[Prediction]":
    """The same rows; many of them take a while, so that every thousand is told."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % 1000 == 0:
            tell(f"{number:,} images")


def write(out: Path, rows: "list[Prediction]", top: int) -> None:
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


def answers(rows: "list[Prediction]") -> str:
    from brickwork.network.grid import RULE, grid

    seen = [(row.path, "" if row.probability is None else f"{row.probability:.1%}", said(row)) for row in rows]
    return "\n".join(grid([("image", "probability", "label"), RULE, *seen], "<><"))


def said(row: "Prediction") -> str:
    """The label, or why there is none, and what else was asked for."""
    if row.reason:
        return f"unreadable: {row.reason}"
    label = row.label if row.label == row.guess else f"{row.label}: {row.guess}"
    return ", ".join([f"{label}", *(f"{each.label} {each.probability:.1%}" for each in row.top[1:])])
