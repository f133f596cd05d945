"""An evaluation as one JSON document: all tables, the whole confusion matrix."""

from typing import Any

from brickwork.evaluation.report.report import Report
from brickwork.evaluation.report.tables import (
    bin_table,
    class_table,
    image_table,
    metric_table,
    pair_table,
    slice_table,
    unreadable_images_table,
)


def report_document(report: Report, worst: int = 20) -> dict[str, Any]:
    """The report as plain data, with so many of the worst mistakes: the interval of a number X is X_95."""
    confusion = report.confusion
    return {
        "network": report.network,
        "data": report.data,
        "split": report.split,
        "n": report.n,
        "skipped": len(report.skipped),
        "temperature": report.temperature,
        **metric_table(report).records()[0],
        "majority": {"class": report.majority.name, "share": report.majority.share},
        "bins": bin_table(report.bins).records(),
        "classes": class_table(report.classes).records(),
        "confusion": {
            "target": confusion.target,
            "prediction": confusion.prediction,
            "counts": confusion.counts.tolist(),
        },
        "confused": pair_table(confusion.pairs).records(),
        "slices": slice_table(report.slices).records(),
        "worst": image_table(report.worst[:worst]).records(),
        "unreadable": unreadable_images_table(report.skipped).records(),
    }
