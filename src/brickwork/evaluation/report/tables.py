"""The tables of an evaluation, made once: text, HTML and JSON write the same columns and values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from brickwork.evaluation.metrics.intervals import Estimate

if TYPE_CHECKING:
    from brickwork.data.dataset import Skipped
    from brickwork.evaluation.metrics.reliability import Bin
    from brickwork.evaluation.metrics.slices import Slice
    from brickwork.evaluation.report.report import ClassReport, ConfusedPair, Report, ScoredImage

Form = Literal["name", "count", "share", "percent", "difference", "loss", "mean"]  # how people read a value
Value = str | int | float | Estimate | None


@dataclass(frozen=True)
class Column:
    """A column: its key in JSON, its title for people, and how its values are written."""

    key: str  # an estimate's interval is key_95
    title: str | None  # None: for programs alone
    form: Form = "name"


@dataclass(frozen=True)
class CellText:
    """A value as people read it, and its interval where it has one."""

    value: str
    interval: str = ""


@dataclass(frozen=True)
class ReportTable:
    """Rows of values under columns."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns for people."""
        return tuple(column for column in self.columns if column.title is not None)

    def cells(self) -> Iterator[tuple[CellText, ...]]:
        """Every row for people."""
        for row in self.rows:
            pairs = zip(self.columns, row, strict=True)
            yield tuple(cell_text(value, column.form) for column, value in pairs if column.title is not None)

    def records(self) -> list[dict[str, Any]]:
        """Every row for programs."""
        keys = [column.key for column in self.columns]
        return [json_fields(dict(zip(keys, row, strict=True))) for row in self.rows]


def json_fields(values: dict[str, Value]) -> dict[str, Any]:
    """Plain data for JSON: an estimate is its value, and under another key its interval; what has no bound is None."""
    fields: dict[str, Any] = {}
    for name, value in values.items():
        fields[name] = value.value if isinstance(value, Estimate) else value
        if isinstance(value, Estimate):
            fields[f"{name}_95"] = [end if isfinite(end) else None for end in (value.low, value.high)]
        elif value is None:  # an estimate from no image
            fields[f"{name}_95"] = None
    return fields


def cell_text(value: Value, form: Form) -> CellText:
    """A value as people read it: 91.7%, with its interval 64.6 to 98.5."""
    match value:
        case None:
            return CellText("")
        case str():
            return CellText(value)
        case Estimate():
            return CellText(format_value(value.value, form), format_interval(value, form))
    return CellText(format_value(value, form))


def format_value(value: float, form: Form) -> str:
    match form:
        case "count":
            return f"{value:,}"
        case "share":
            return f"{value:.1%}"
        case "percent":
            return f"{value:.2%}"
        case "difference":
            return f"{100 * value:+.1f}"
        case "loss":
            return f"{value:.2f}"
    return f"{value:.3f}"


def format_interval(estimate: Estimate, form: Form) -> str:
    """Both ends of an interval; the short forms leave the percent sign to the value."""
    low, high = estimate.low, estimate.high
    match form:
        case "share":
            return f"{100 * low:.1f} to {100 * high:.1f}"
        case "difference":
            return f"{100 * low:+.1f} to {100 * high:+.1f}"
    return f"{format_value(low, form)} to {format_value(high, form) if isfinite(high) else '?'}"


def metric_table(report: "Report") -> ReportTable:
    """The metrics of the whole split, a column each, in one row; no top-5 accuracy up to five classes."""
    columns = (
        Column("accuracy", "accuracy", "percent"),
        Column("top5", "top-5 accuracy", "percent"),
        Column("ece", "calibration error (ECE)", "percent"),
        Column("nll", "log-loss (NLL)", "mean"),
    )
    return ReportTable(columns, ((report.accuracy, report.top5, report.ece, report.nll),))


def metric_rows(report: "Report") -> Iterator[tuple[str, CellText]]:
    """The metrics for people, with their names."""
    table = metric_table(report)
    (cells,) = table.cells()
    yield from ((column.title or "", cell) for column, cell in zip(table.columns, cells, strict=True) if cell.value)


def class_table(classes: "Sequence[ClassReport]") -> ReportTable:
    columns = (
        Column("name", "class"),
        Column("n", "images", "count"),
        Column("skipped", "skipped", "count"),
        Column("precision", "precision", "share"),
        Column("recall", "recall", "share"),
    )
    return ReportTable(columns, tuple((row.name, row.n, row.skipped, row.precision, row.recall) for row in classes))


def pair_table(pairs: "Sequence[ConfusedPair]") -> ReportTable:
    columns = (
        Column("target", "target"),
        Column("prediction", "prediction"),
        Column("n", "images", "count"),
        Column("share", "of the target", "share"),
    )
    return ReportTable(columns, tuple((pair.target, pair.prediction, pair.n, pair.share) for pair in pairs))


def slice_table(slices: "Sequence[Slice]") -> ReportTable:
    columns = (
        Column("kind", "slice"),
        Column("name", ""),
        Column("n", "images", "count"),
        Column("accuracy", "accuracy", "share"),
        Column("difference", "less that of the rest", "difference"),
    )
    return ReportTable(
        columns, tuple((part.kind, part.name, part.accuracy.n, part.accuracy, part.difference) for part in slices)
    )


def image_table(images: "Sequence[ScoredImage]") -> ReportTable:
    """Single images, as the worst mistakes."""
    columns = (
        Column("loss", "loss", "loss"),
        Column("target_probability", "p", "percent"),
        Column("target", "target"),
        Column("prediction_probability", "p", "percent"),
        Column("prediction", "prediction"),
        Column("name", "image"),
        Column("place", None),
    )
    return ReportTable(columns, tuple(tuple(getattr(image, column.key) for column in columns) for image in images))


def bin_table(bins: "Sequence[Bin]") -> ReportTable:
    """The points of the reliability diagram."""
    columns = (
        Column("n", "images", "count"),
        Column("confidence", "confidence", "share"),
        Column("accuracy", "accuracy", "share"),
    )
    return ReportTable(columns, tuple((point.accuracy.n, point.confidence, point.accuracy) for point in bins))


def unreadable_images_table(skipped: "Sequence[Skipped]") -> ReportTable:
    """Images that cannot be read."""
    return ReportTable(
        (Column("name", "image"), Column("reason", "reason")), tuple((s.name, s.reason) for s in skipped)
    )
