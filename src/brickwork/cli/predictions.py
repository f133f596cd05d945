"""Predictions as `brickwork predict` gives them: cells of a CSV, JSON documents, and a table to read."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from brickwork.evaluation import Prediction

FIELDS = ("path", "label", "probability", "reason", "guess")
FORMULAS = tuple("=+-@\t\r")  # with which a cell begins that a spreadsheet runs (OWASP, "CSV Injection")
TABLES = {".csv": ",".join(FIELDS).encode(), ".json": b'[{"path": '}  # the endings of a table, and how each begins


class TableShape(NamedTuple):
    """Which columns were asked for besides the usual ones."""

    top: int  # the most probable classes
    classes: tuple[str, ...]  # each of which has a column for its probability
    quoted: bool = False  # cells that a spreadsheet would run begin with an apostrophe


def row_document(row: "Prediction", columns: TableShape) -> dict[str, Any]:
    """A row of `predict --json`."""
    cells = asdict(replace(row, top=row.top[: columns.top]))
    return {**cells, "probabilities": probabilities_of(row)} if columns.classes else cells


def probabilities_of(row: "Prediction") -> dict[str, float]:
    """The probability of each class that the row names; none where the image cannot be read."""
    return {guess.label: guess.probability for guess in row.top}


def csv_header(columns: TableShape) -> list[str]:
    further = [name for place in range(2, columns.top + 1) for name in (f"guess{place}", f"probability{place}")]
    return [*FIELDS, *further, *map(class_column, columns.classes)]


def quote_formulas(cells: dict[str, Any]) -> dict[str, Any]:
    """A row whose texts are no formulas: those that begin as one stand behind an apostrophe, which shows as text."""
    return {
        name: f"'{cell}" if isinstance(cell, str) and cell[:1] in FORMULAS else cell for name, cell in cells.items()
    }


def class_column(name: str) -> str:
    """The title of the column with a class's probability, which no other column's can be."""
    return f"p_{name}"


def csv_cells(row: "Prediction", columns: TableShape) -> dict[str, Any]:
    """A row of the table: guess2 and probability2 are the next best class."""
    cells: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    for place, guess in enumerate(row.top[1 : columns.top], 2):
        cells |= {f"guess{place}": guess.label, f"probability{place}": guess.probability}
    shares = probabilities_of(row) if columns.classes else {}
    cells |= {class_column(name): share for name, share in shares.items()}
    return quote_formulas(cells) if columns.quoted else cells


def prediction_table(rows: "list[Prediction]", columns: TableShape) -> str:
    from brickwork.network.columns import RULE, format_columns

    cells = [
        (row.path, *class_cells(row, columns), "" if row.probability is None else f"{row.probability:.1%}",
         label_text(row, columns.top))
        for row in rows
    ]  # fmt: skip
    head = ("image", *columns.classes, "probability", "label")
    return "\n".join(format_columns([head, RULE, *cells], f"<{'>' * len(columns.classes)}><"))


def class_cells(row: "Prediction", columns: TableShape) -> list[str]:
    shares = probabilities_of(row)
    return [f"{shares[name]:.1%}" if name in shares else "" for name in columns.classes]


def label_text(row: "Prediction", top: int) -> str:
    """The label, or why there is none, and what else was asked for."""
    if row.reason:
        return f"unreadable: {row.reason}"
    label = row.label if row.label == row.guess else f"{row.label}: {row.guess}"
    return ", ".join([f"{label}", *(f"{guess.label} {guess.probability:.1%}" for guess in row.top[1:top])])
