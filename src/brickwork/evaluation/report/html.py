"""An evaluation as HTML by Jinja templates, which escape all they are given: one page that needs nothing else.

The page has no script, no other file and no network; a notebook gets its metrics and classes alone.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from brickwork.evaluation.report.diagrams import CLASSES, COLOURS, SHAPES, matrix, reliability
from brickwork.evaluation.report.report import Report
from brickwork.evaluation.report.tables import (
    class_table,
    format_value,
    metric_rows,
    pair_table,
    slice_table,
    unreadable_images_table,
)
from brickwork.evaluation.report.thumbnails import thumbnail
from brickwork.figure import FIGURE_CSS, FONT_CSS, VARIABLES_CSS, adaptive_css
from brickwork.figure.svg import visible

if TYPE_CHECKING:
    from jinja2 import Environment

PAIRS = 15  # of confused classes, and as many slices
UNREADABLE = 50  # files that are named


@cache
def environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def finalize(value: object) -> object:
    """What a template prints: in names, control and direction characters are escapes; markup of ours is as it is."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def evaluation_html(report: Report, worst: int = 36) -> str:
    """The whole page, with pictures of so many of the worst mistakes."""
    return (
        environment()
        .get_template("evaluation.html.j2")
        .render(
            report=report,
            style=Markup(page_style()),
            metrics=list(metric_rows(report)),
            reliability=Markup(reliability(report.bins)),
            matrix=Markup(matrix(report.confusion)),
            limit=CLASSES,
            confused=pair_table(report.confusion.pairs[:PAIRS]),
            slices=slice_table(report.worse_slices(PAIRS)),
            pictures=[(image, thumbnail(report.images, image.place, report.range)) for image in report.mistakes(worst)],
            classes=class_table(report.classes),
            skipped=unreadable_images_table(report.skipped[:UNREADABLE]),
            percent=lambda share: format_value(share, "share"),
            path_tail=path_tail,
        )
    )


def summary_html(report: Report) -> str:
    """Metrics and classes as a fragment, for a notebook."""
    return (
        environment()
        .get_template("summary.html.j2")
        .render(report=report, metrics=list(metric_rows(report)), classes=class_table(report.classes))
    )


def page_style() -> str:
    """The colours of the page and of its figures, for light and dark."""
    return adaptive_css(VARIABLES_CSS + FIGURE_CSS + COLOURS) + FONT_CSS + SHAPES


def path_tail(name: str) -> str:
    """The last two parts of a path."""
    return "/".join(name.replace("\\", "/").split("/")[-2:])
