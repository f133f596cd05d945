"""A report as one HTML page that needs nothing else: no script, no other file, no network."""

from collections.abc import Iterable, Sequence
from html import escape
from math import isfinite

from brickwork.evaluation.metrics.intervals import Estimate
from brickwork.evaluation.report.diagrams import CLASSES, matrix, reliability
from brickwork.evaluation.report.report import Report, Scored
from brickwork.evaluation.report.thumbnails import thumbnail

PAIRS = 15  # of confused classes, and as many slices
UNREADABLE = 50  # files that are named

STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --card: #f6f8fa; --ink: #1f2328; --soft: #656d76; --rule: #d8dee4;
  --good: #0a69da; --bad: #b35900 }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --card: #161b22; --ink: #e6edf3; --soft: #9198a1;
  --rule: #30363d; --good: #58a6ff; --bad: #f0883e } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1080px; padding: 32px 24px 64px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif }
h1 { font-size: 24px; margin: 0 } h2 { font-size: 17px; margin: 40px 0 4px }
p { margin: 4px 0 12px; color: var(--soft); max-width: 72ch }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; margin: 24px 0 }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 16px }
.card b { display: block; font-size: 26px; line-height: 1.3; font-weight: 600 } .card span { color: var(--soft) }
.beside { display: flex; flex-wrap: wrap; gap: 24px 48px } .beside > * { flex: 0 1 auto; min-width: 0 }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--rule) }
td, th { padding: 4px 16px 4px 0; text-align: right; white-space: nowrap }
td:first-child, th:first-child, .word { text-align: left }
td small { color: var(--soft); font-size: 13px }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(158px, 1fr)); gap: 12px; margin-top: 12px }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px;
  font-size: 13px; line-height: 1.4; overflow-wrap: anywhere }
figure img, figure .none { display: block; width: 96px; height: 96px; object-fit: contain; margin: 0 auto 8px }
figure img.small { image-rendering: pixelated } figure .none { color: var(--soft) }
figure .given, figure .answered { display: flex; justify-content: space-between; gap: 8px }
figure .given { color: var(--bad) } figure .answered { color: var(--good) } figure small { color: var(--soft) }
svg { max-width: 100%; height: auto } svg text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif }
.soft { fill: var(--soft) } .count { fill: var(--ink) } svg .count { font-size: 11px }
.grid { stroke: var(--rule) } .ideal { stroke: var(--soft); stroke-dasharray: 4 4 }
.whisker { stroke: var(--good); stroke-width: 2 } .dot { fill: var(--paper); stroke: var(--good); stroke-width: 2 }
.hit { fill: var(--good) } .miss { fill: var(--bad) }
"""

Row = Sequence[str]  # of cells, which are HTML


def evaluation_html(report: Report, worst: int = 36) -> str:
    """The whole page, with pictures of so many of the worst mistakes."""
    title = f"{report.network} on {report.data}"
    counts = f"Split {report.split}: {report.n:,} images scored, {len(report.skipped):,} skipped."
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(counts)} {temperature(report)} Intervals are 95&nbsp;%.</p>",
        cards(report),
        *diagrams(report),
        '<div class="beside">',
        *confused(report),
        *slices(report),
        "</div>",
        *pictures(report, worst),
        *classes(report),
        *unreadable(report),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def temperature(report: Report) -> str:
    if report.temperature == 1:
        return "Probabilities are the model's own: its file has no calibration."
    return f"Probabilities are after a temperature of {report.temperature:.3g}."


def cards(report: Report) -> str:
    shares = {"Accuracy": report.accuracy, "Top-5 accuracy": report.top5, "Calibration error (ECE)": report.ece}
    high = f"{report.nll.high:.3f}" if isfinite(report.nll.high) else "?"
    found = [
        *((name, f"{e.value:.2%}", f"{e.low:.2%} to {e.high:.2%}") for name, e in shares.items() if e),
        ("Log-loss (NLL)", f"{report.nll.value:.3f}", f"{report.nll.low:.3f} to {high}"),
    ]
    count = f"{report.n:,} images, {len(report.skipped):,} skipped"
    inside = [
        f'<div class="card">{name}<b>{value}</b><span>{ends}<br>{count}</span></div>' for name, value, ends in found
    ]
    return f'<div class="cards">{"".join(inside)}</div>'


def pictures(report: Report, count: int) -> Iterable[str]:
    wrong = [each for each in report.worst[:count] if each.given != each.answered]
    if not wrong:
        return
    yield "<h2>Worst mistakes</h2>"
    yield (
        "<p>The images whose <em>given</em> class the model believes least come first: where a label is wrong, it is "
        "likely to be here.</p>"
    )
    yield f'<div class="pictures">{"".join(picture(report, each) for each in wrong)}</div>'


def picture(report: Report, each: Scored) -> str:
    uri = thumbnail(report.images, each.place)
    small = ' class="small"' if uri and uri.startswith("data:image/png") else ""
    image = f'<img src="{uri}" alt=""{small} loading="lazy">' if uri else '<span class="none">no longer readable</span>'
    return (
        f'<figure title="{escape(each.name)}">{image}'
        f'<div class="given"><span>given {escape(each.given)}</span>{each.given_probability:.1%}</div>'
        f'<div class="answered"><span>answered {escape(each.answered)}</span>{each.answered_probability:.1%}</div>'
        f"<small>{escape(tail(each.name))}</small></figure>"
    )


def tail(name: str) -> str:
    """The last two parts of a path."""
    return "/".join(name.replace("\\", "/").split("/")[-2:])


def diagrams(report: Report) -> Iterable[str]:
    yield '<div class="beside"><div><h2>Is its confidence right?</h2>'
    yield f"<p>Each point is a bin of about {report.n // len(report.bins):,} images of similar confidence.</p>"
    yield f"{reliability(report.bins)}</div>"
    many = len(report.confusion.answered) > CLASSES
    some = f"The {CLASSES} classes with most mistakes. " if many else ""
    yield "<div><h2>What is taken for what?</h2>"
    yield f"<p>{some}Rows are the given classes, columns the answers.</p>"
    yield f'<div class="wide">{matrix(report.confusion)}</div></div></div>'


def confused(report: Report) -> Iterable[str]:
    rows = [
        (escape(p.given), escape(p.answered), f"{p.count:,}", spread(p.share)) for p in report.confusion.pairs[:PAIRS]
    ]
    if rows:
        yield "<div><h2>Most confused</h2><p>Images of a class, and their share of it.</p>"
        yield table(("class", "taken for", "images", "share"), rows, words=2)
        yield "</div>"


def slices(report: Report) -> Iterable[str]:
    rows = [
        (f"{each.kind} {escape(each.name)}", f"{each.accuracy.n:,}", spread(each.accuracy), points(each.difference))
        for each in report.slices[:PAIRS]
        if each.difference.value < 0
    ]
    if rows:
        yield "<div><h2>Slices</h2><p>The most surely worse than all other images first.</p>"
        yield table(("slice", "images", "accuracy", "less that of the rest"), rows)
        yield "</div>"


def classes(report: Report) -> Iterable[str]:
    rows = [
        (escape(each.name), f"{each.n:,}", f"{each.skipped:,}", spread(each.precision), spread(each.recall))
        for each in report.classes
    ]
    yield "<h2>Classes</h2>"
    yield table(("class", "images", "skipped", "precision", "recall"), rows)


def unreadable(report: Report) -> Iterable[str]:
    if not report.skipped:
        return
    more = f" The first {UNREADABLE} of {len(report.skipped):,}." if len(report.skipped) > UNREADABLE else ""
    yield f"<h2>Skipped</h2><p>These images cannot be read, and count nowhere.{more}</p>"
    rows = [(escape(each.name), f"{escape(each.reason)}") for each in report.skipped[:UNREADABLE]]
    yield table(("image", "reason"), rows, words=2)


def table(head: Row, rows: Sequence[Row], words: int = 1) -> str:
    """A table; so many columns from the left hold words, the others numbers."""
    lines = [tagged("th", head, words), *(tagged("td", row, words) for row in rows)]
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def tagged(tag: str, cells: Row, words: int) -> str:
    kinds = [' class="word"' if column < words else "" for column in range(len(cells))]
    inside = "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))
    return f"<tr>{inside}</tr>"


def spread(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.value:.1%} <small>{100 * estimate.low:.1f} to {100 * estimate.high:.1f}</small>"


def points(estimate: Estimate) -> str:
    value, low, high = (100 * each for each in (estimate.value, estimate.low, estimate.high))
    return f"{value:+.1f} <small>{low:+.1f} to {high:+.1f}</small>"
