"""The commands that use a model file: how often it is right, and what it sees."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brickwork.cli.data import data_options, opened_as_trained
from brickwork.cli.output import count_of, json_option, print_json, tell, width
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.evaluate.evaluate import Report
    from brickwork.evaluate.predict import Prediction

FIELDS = ("path", "label", "probability", "reason")


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@data_options()
@click.option("--split", default="test", show_default=True, help="Which of its images: train, val, test or all.")
@json_option
def evaluate(model: Path, data: str, groups: str, split: str, as_json: bool) -> None:
    """How often a model is right, in all and class by class.

    MODEL is a file that 'brickwork train' wrote. DATA without train, val and test folders is divided as for
    the model's training: test is a tenth of it, and none of that is trained on where it is the same folder.

    \b
    Example:
      brickwork evaluate runs/resnet20-fashion-1/model.safetensors --data fashion
    """
    report = scored(model, data, groups, split)
    for skipped in report.skipped:
        tell(f"skipped {skipped.name}: {skipped.reason}")
    if as_json:
        print_json({**asdict(report), "skipped": len(report.skipped)})
    else:
        print(verdict(report, split))


def scored(model: Path, data: str, groups: str, split: str) -> "Report":
    from brickwork.evaluate.evaluate import evaluate
    from brickwork.model import load

    file = load(model)
    dataset = opened_as_trained(data, groups, file.record)
    report = evaluate(file, dataset, split)
    for note in dataset.notes:
        tell(note)
    return report


def verdict(report: "Report", split: str) -> str:
    from brickwork.network.grid import RULE, grid

    rows = [
        (each.name, str(each.n), "" if each.accuracy is None else f"{each.accuracy:.2%}") for each in report.classes
    ]
    skipped = f", {count_of(len(report.skipped), 'image')} skipped" if report.skipped else ""
    total = f"Accuracy {report.accuracy:.2%} on {count_of(report.n, 'image')} ({split}){skipped}."
    return "\n".join([*grid([("class", "images", "right"), RULE, *rows], "=>>", width()), "", total])


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE...")
@click.option("--out", metavar="CSV", type=click.Path(path_type=Path), help="Write the table to this file.")
@json_option
def predict(model: Path, images: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
    """What a model sees in images of your own.

    MODEL is a file that 'brickwork train' wrote; an IMAGE is a file, or a folder with images in it. What cannot
    be read has its reason in place of a label.

    \b
    Examples:
      brickwork predict runs/resnet18-photos-1/model.safetensors leaf.jpg
      brickwork predict runs/resnet18-photos-1/model.safetensors photos/new --out labels.csv
    """
    from brickwork.evaluate.predict import predict
    from brickwork.model import load

    if out and not out.parent.is_dir():
        raise BrickworkError(f"{out}: there is no folder {out.parent} to write it to: make it first.")
    rows = list(counted(predict(load(model), images)))
    if out:
        write(out, rows)
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        print(f"{count_of(len(rows), 'row')} in {out}." if out else answers(rows))
    if all(row.reason for row in rows):
        raise BrickworkError(f"there was no image to look at: {rows[0].path}: {rows[0].reason}.")


def counted(rows: "Iterable[Prediction]") -> "Iterator[Prediction]":
    """The same rows; many of them take a while, so that every thousand is told."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % 1000 == 0:
            tell(f"{number:,} images")


def write(out: Path, rows: "list[Prediction]") -> None:
    with out.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, FIELDS)
        table.writeheader()
        table.writerows(asdict(row) for row in rows)


def answers(rows: "list[Prediction]") -> str:
    from brickwork.network.grid import RULE, grid

    seen = [
        (
            row.path,
            "" if row.probability is None else f"{row.probability:.1%}",
            row.label or f"unreadable: {row.reason}",
        )
        for row in rows
    ]
    return "\n".join(grid([("image", "probability", "label"), RULE, *seen], "<><"))
