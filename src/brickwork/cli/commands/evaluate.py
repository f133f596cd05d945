"""`brickwork evaluate`: the metrics of a model on a data set, as text, JSON or a page."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from brickwork.cli.options.data import data_options
from brickwork.cli.options.nproc import nproc_option
from brickwork.cli.options.own import own_option
from brickwork.cli.output import check_output, json_option, notify, print_json, say, width
from brickwork.cli.paths import PATH

if TYPE_CHECKING:
    from brickwork.evaluation import Report
    from brickwork.network import Layer

FEW = 5  # skipped images that are told one by one
PAGES = {".html": b'<meta name="generator" content="brickwork">'}  # the ending of a page, and what it has at its head


@click.command("evaluate")
@click.argument("model", type=PATH)
@data_options()
@click.option("--split", default="test", show_default=True, help="Which of its images: train, val, test or all.")
@click.option(
    "--worst", type=click.IntRange(0), default=20, show_default=True, metavar="N", help="Worst mistakes to list."
)
@click.option("--report", "page", metavar="HTML", type=PATH, help="Write a page with pictures.")
@nproc_option
@own_option
@json_option
def evaluate_command(
    model: Path,
    data: str,
    groups: str,
    split: str,
    worst: int,
    page: Path | None,
    nproc: int | None,
    own: "tuple[type[Layer], ...]",
    as_json: bool,
) -> None:
    """Accuracy and calibration of a model, and where it is wrong.

    In all, class by class and slice by slice, every number with its 95 % interval; and the images on which it is most
    wrong.

    MODEL is a file that 'brickwork train' wrote, or its run's folder. DATA without train, val and test folders is
    divided as for the model's training: test is a tenth of it, and none of that is trained on where it is the same
    folder.
    The worst mistakes are the images whose targets the model believes least: with --split train, those whose labels
    are wrong.

    \b
    Examples:
      brickwork evaluate runs/resnet20-fashion-1/model.safetensors --data fashion
      brickwork evaluate runs/resnet18-photos-1/model.safetensors --data photos --report photos.html
      brickwork evaluate runs/resnet18-photos-1 --data photos --nproc 4
    """
    from brickwork.evaluation.report.text import evaluation_text

    if page:
        page = page / "evaluation.html" if page.is_dir() else page
        check_output(page, PAGES, (model, data))
    report = score(model, data, groups, split, own, nproc)
    for news in (*report.notes, *(f"skipped {image.name}: {image.reason}" for image in report.skipped[:FEW])):
        notify(news)
    if more := report.skipped[FEW:]:
        notify(f"skipped {len(more):,} more; --json names them all")
    print_json(report.document(worst)) if as_json else say(evaluation_text(report, worst, width()))
    if page:
        write_page(page, report)


def score(
    model: Path,
    data: str,
    groups: str,
    split: str,
    own: "tuple[type[Layer], ...]" = (),
    nproc: int | None = None,
) -> "Report":
    """The report, while progress is shown on standard error."""
    from brickwork.cli.commands.check import reading_progress
    from brickwork.evaluation import evaluate
    from brickwork.evaluation.data import as_model_file, images_of, open_as_divided

    file = as_model_file(model, own)
    dataset = open_as_divided(data, groups, file.record)
    with reading_progress(len(images_of(file, dataset, split))) as progress:
        return evaluate(file, dataset, split, progress=progress, nproc=nproc)


def write_page(path: Path, report: "Report") -> None:
    from brickwork.evaluation.report.html import evaluation_html
    from brickwork.files import write_whole

    write_whole(path, evaluation_html(report).encode("utf-8", "backslashreplace"))
    notify(f"The page is {path}.")
