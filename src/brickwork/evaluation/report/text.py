"""An evaluation as a person reads it: from the detail to the sum, which stands at the end, where the eye is."""

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING

from brickwork.network.columns import RULE, Row, format_columns

if TYPE_CHECKING:
    from brickwork.evaluation.metrics.intervals import Estimate
    from brickwork.evaluation.report.report import Report

SHOWN = 10  # pairs and slices


def evaluation_text(report: "Report", worst: int, width: int) -> str:
    """All of a report, with so many of the worst mistakes."""
    of = f"of {images_text(report.n)}, {len(report.skipped):,} skipped"
    parts = [
        *section("Classes", class_rows(report), "=>>>>", width),
        *section(f"Most confused, {of}", confusion_rows(report), "=<>>", width),
        *section(f"Slices, the most surely worse than the rest first, {of}", slice_rows(report), "=>>>", width),
        *section(f"Worst mistakes, by the loss of the given class, {of}", mistake_rows(report, worst), ">><><<", width),
        *section("Sum, with 95% intervals", summary_rows(report), "<><>>", width),
    ]
    skipped = f", {images_text(len(report.skipped))} skipped" if report.skipped else ""
    total = f"Accuracy {percent(report.accuracy.value)} on {images_text(report.n)} ({report.split}){skipped}."
    return "\n".join([*parts, total])


def images_text(count: int) -> str:
    """A number of images with its noun."""
    return f"{count:,} image{'' if count == 1 else 's'}"


def section(title: str, rows: list[Row], form: str, width: int) -> list[str]:
    """A title and its table; nothing where the table has a head alone."""
    return [f"{title}:", *format_columns(rows, form, width), ""] if len(rows) > 2 else []


def percent(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}%}"


def share_text(estimate: "Estimate | None") -> str:
    """A share with its interval: 91.7% (64.6 to 98.5)."""
    if estimate is None:
        return ""
    return f"{estimate.value:.1%} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def class_rows(report: "Report") -> list[Row]:
    rows = [
        (each.name, f"{each.n:,}", f"{each.skipped:,}", share_text(each.precision), share_text(each.recall))
        for each in report.classes
    ]
    return [("class", "images", "skipped", "precision", "recall"), RULE, *rows]


def confusion_rows(report: "Report") -> list[Row]:
    rows = [
        (each.given, each.answered, f"{each.count:,}", share_text(each.share))
        for each in report.confusion.pairs[:SHOWN]
    ]
    return [("class", "taken for", "images", "of the class"), RULE, *rows]


def slice_rows(report: "Report") -> list[Row]:
    rows = [
        (
            f"{each.kind} {each.name}",
            f"{each.accuracy.n:,}",
            share_text(each.accuracy),
            difference_text(each.difference),
        )
        for each in report.slices[:SHOWN]
        if each.difference.value < 0
    ]
    return [("slice", "images", "accuracy", "less that of the rest"), RULE, *rows]


def difference_text(estimate: "Estimate") -> str:
    """A difference of shares, in percent: -31.2 (-38.0 to -24.4)."""
    value, low, high = (100 * each for each in (estimate.value, estimate.low, estimate.high))
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})"


def mistake_rows(report: "Report", count: int) -> list[Row]:
    rows = [
        (
            f"{each.loss:.2f}",
            percent(each.given_probability),
            each.given,
            percent(each.answered_probability),
            each.answered,
            each.name,
        )
        for each in report.worst[:count]
        if each.given != each.answered
    ]
    return [("loss", "given", "class", "answered", "class", "image"), RULE, *rows]


def summary_rows(report: "Report") -> list[Row]:
    counts = (f"{report.n:,}", f"{len(report.skipped):,}")
    rows = [(name, value, interval, *counts) for name, value, interval in metric_rows(report)]
    return [("", "", "from ... to", "images", "skipped"), RULE, *rows]


def metric_rows(report: "Report") -> Iterator[tuple[str, str, str]]:
    """What each number of the whole is, itself and its interval."""
    shares = {"accuracy": report.accuracy, "top-5 accuracy": report.top5, "calibration error (ECE)": report.ece}
    for name, share in shares.items():
        if share:
            yield name, percent(share.value), f"{share.low:.2%} to {share.high:.2%}"
    high = f"{report.nll.high:.3f}" if isfinite(report.nll.high) else "?"
    yield "log-loss (NLL)", f"{report.nll.value:.3f}", f"{report.nll.low:.3f} to {high}"
