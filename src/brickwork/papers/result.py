"""What the comparison of a network with its published tables gives, as a value, as text and in HTML."""

from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import NamedTuple

from brickwork.network import Network
from brickwork.network.columns import RULE, format_columns
from brickwork.network.notebook import html_table
from brickwork.papers.printed import PublishedTable, Reason, Verdict

FOLDED = "filters"  # the column that may be folded
LEFT = ("input", "output", "shape", "kernels", FOLDED)
WHOLE = "whole network"


class Comparison(NamedTuple):
    """A printed cell, and what the network here has in its place."""

    source: str
    path: str  # "" is the whole network
    what: str
    printed: str
    computed: str
    verdict: Verdict
    reason: Reason | None  # of a deviation; None where there is none, or it is not explained

    def to_dict(self) -> dict[str, object]:
        return {**self._asdict(), "reason": self.reason._asdict() if self.reason else None}


@dataclass(frozen=True, repr=False)
class Faithful:
    """A network's comparison with what is published of it; empty where nothing is."""

    network: Network
    tables: tuple[PublishedTable, ...]
    comparisons: tuple[Comparison, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(found.verdict == verdict for found in self.comparisons)

    @property
    def deviations(self) -> tuple[Comparison, ...]:
        return tuple(found for found in self.comparisons if found.verdict == "differs")

    @property
    def unexplained(self) -> tuple[Comparison, ...]:
        return tuple(found for found in self.deviations if found.reason is None)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Each reason once, in the order of the table."""
        return tuple(dict.fromkeys(found.reason for found in self.deviations if found.reason))

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.network.name,
            "published": bool(self.tables),
            "as_printed": self.count("as printed"),
            "cut_off": self.count("cut off"),
            "differs": self.count("differs"),
            "unexplained": len(self.unexplained),
            "cells": [found.to_dict() for found in self.comparisons],
        }

    def table(self, width: int = 120) -> str:
        """The published tables, each cell with what stands here where that is not the same, and the reasons."""
        texts = [line for table in self.tables for line in (*self._table_lines(table, width), "")]
        reasons = [
            line
            for number, (text, source) in enumerate(self.reasons, 1)
            for line in wrap(f"[{number}] {text} Source: {source}.", width, subsequent_indent="    ")
        ]
        return "\n".join([*texts, *reasons, *([""] if reasons else []), *wrap(self.summary(), width)])

    def summary(self) -> str:
        if not self.tables:
            return no_table_text(self.network)
        cut, differs = self.count("cut off"), self.count("differs")
        why = f", {len(self.unexplained)} of them without a reason" if self.unexplained else ""
        return (
            f"{self.network.name}: {len(self.comparisons)} printed cells, {self.count('as printed')} as printed, "
            f"{cut} with their end cut off, {differs} different{why}."
        )

    def _table_lines(self, table: PublishedTable, width: int) -> list[str]:
        marks = ("=" if column == FOLDED else "<" if column in LEFT else ">" for column in table.columns)
        rows = [("", *table.columns), RULE, *self.cells(table)]
        return [*wrap(table.source, width), "", *format_columns(rows, f"<{''.join(marks)}", width)]

    def cells(self, table: PublishedTable) -> list[tuple[str, ...]]:
        """The rows of a table as text, each with its path."""
        found = {(cell.path, cell.what): cell for cell in self.comparisons if cell.source == table.source}
        rows = []
        for path, *_ in table.rows:
            row = (found.get((path, column)) for column in table.columns)
            rows.append((path or WHOLE, *(self._cell_text(cell) if cell else "" for cell in row)))
        return rows

    def _cell_text(self, cell: Comparison) -> str:
        if cell.verdict == "as printed":
            return cell.printed
        if cell.verdict == "cut off":
            return f"{cell.printed} ({cell.computed})"
        number = self.reasons.index(cell.reason) + 1 if cell.reason else "?"
        return f"{cell.printed}, here {cell.computed} [{number}]"

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return f"Faithful({self.network.name}, {len(self.comparisons)} cells, {len(self.deviations)} differ)"

    def _repr_html_(self) -> str:
        tables = "".join(self._table_html(table) for table in self.tables)
        reasons = "".join(f"<li>{escape(text)} Source: {escape(source)}.</li>" for text, source in self.reasons)
        return f"{tables}<ol>{reasons}</ol><p>{escape(self.summary())}</p>"

    def _table_html(self, table: PublishedTable) -> str:
        return f"<p>{escape(table.source)}</p>{html_table(('', *table.columns), self.cells(table))}"


def no_table_text(network: Network) -> str:
    """That there is nothing to compare with, and what is known of the network."""
    facts = network.facts
    known = "; ".join(text.rstrip(".") for text in (facts.paper, facts.note) if text)
    return f"No table of {network.name} is published{f': {known}' if known else ''}."
