"""An evaluation as text: from the detail to the metrics of the whole, which stand at the end, where the eye is."""

from brickwork.evaluation.report.report import Report
from brickwork.evaluation.report.tables import (
    CellText,
    ReportTable,
    class_table,
    image_table,
    metric_rows,
    pair_table,
    slice_table,
)
from brickwork.network.columns import RULE, Row, format_columns

SHOWN = 10  # pairs and slices


def evaluation_text(report: Report, worst: int, width: int) -> str:
    """All of a report, with so many of the worst mistakes."""
    of = f"of {images_text(report.n)}, {len(report.skipped):,} skipped"
    pairs, slices, mistakes = report.confusion.pairs[:SHOWN], report.worse_slices(SHOWN), report.mistakes(worst)
    parts = [
        *section("Classes", class_table(report.classes), "=>>>>", width),
        *section(f"Most confused classes, {of}", pair_table(pairs), "=<>>", width),
        *section(f"Slices, the most surely worse than the rest first, {of}", slice_table(slices), "<=>>>", width),
        *section(f"Worst mistakes, by the loss of the target, {of}", image_table(mistakes), ">><><<", width),
        "Metrics, with 95% intervals:",
        *format_columns(summary_rows(report), "<><>>", width),
        "",
    ]
    skipped = f", {images_text(len(report.skipped))} skipped" if report.skipped else ""
    accuracy = f"Accuracy {report.accuracy.value:.2%} on {images_text(report.n)} ({report.split}){skipped}."
    return "\n".join([*parts, majority_text(report), accuracy])


def majority_text(report: Report) -> str:
    """What the accuracy is to be compared with."""
    return f"The most frequent class, {report.majority.name}, has {report.majority.share:.1%} of the images."


def images_text(count: int) -> str:
    """A number of images with its noun."""
    return f"{count:,} image{'' if count == 1 else 's'}"


def section(title: str, table: ReportTable, form: str, width: int) -> list[str]:
    """A title and its table; nothing where the table has no row."""
    head: Row = [column.title or "" for column in table.shown]
    rows: list[Row] = [[cell_line(cell) for cell in row] for row in table.cells()]
    return [f"{title}:", *format_columns([head, RULE, *rows], form, width), ""] if rows else []


def cell_line(cell: CellText) -> str:
    """A value with its interval in one line: 91.7% (64.6 to 98.5)."""
    return f"{cell.value} ({cell.interval})" if cell.interval else cell.value


def summary_rows(report: Report) -> list[Row]:
    counts = (f"{report.n:,}", f"{len(report.skipped):,}")
    rows = [(name, cell.value, cell.interval, *counts) for name, cell in metric_rows(report)]
    return [("", "", "from ... to", "images", "skipped"), RULE, *rows]
