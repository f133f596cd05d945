"""Networks and costs as HTML tables, for notebooks."""

from collections.abc import Iterable, Sequence
from html import escape

from brickwork.errors import BrickworkError
from brickwork.network.cost import Cost, cost
from brickwork.network.network import Network
from brickwork.network.text import COLUMNS, cost_cells, network_heading


def network_html(network: Network) -> str:
    """What a network is and costs, a row for each stage; the misfit where its input does not fit."""
    try:
        total = cost(network)
    except BrickworkError as misfit:
        return f"<p>{escape(str(misfit))}</p>"
    return "".join(f"<p>{escape(text)}</p>" for text in network_heading(network)) + cost_html(total)


def cost_html(total: Cost) -> str:
    """A row for each stage, and the totals."""
    rows, sums = cost_cells(total, "stage")
    return html_table(COLUMNS, [*rows, sums])


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a row of names above it."""
    body = "".join(_row(cells, "td") for cells in rows)
    return f"<table><thead>{_row(head, 'th')}</thead><tbody>{body}</tbody></table>"


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
