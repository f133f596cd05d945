"""SVG primitives: each gives one element, whose looks are the CSS class `kind`. Lengths are CSS pixels."""

import re
from collections.abc import Sequence
from html import escape as escape_marks

# what XML 1.0 has no place for, and what turns the direction of the words around it
CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(words: str) -> str:
    """Words in which control and direction characters are escapes that one can see."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), words)


def escape(words: str) -> str:
    """Words as the content of an element, or a value in quotes."""
    return escape_marks(visible(words))


def svg_text(x: float, y: float, words: str, kind: str, anchor: str = "start", turn: int = 0) -> str:
    """Words whose baseline is at y; `anchor` (start, middle, end) stands at x, around which they turn by degrees."""
    turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}"{turned}>{escape(words)}</text>'


def svg_line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def svg_polyline(points: Sequence[tuple[float, float]], kind: str) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{places}" class="{kind}"/>'


def svg_circle(x: float, y: float, radius: float, kind: str, title: str = "") -> str:
    """A circle; the title is shown where a mouse rests on it."""
    return svg_titled(f'circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{kind}"', title)


def svg_rect(
    x: float, y: float, width: float, height: float, kind: str, radius: float = 0, opacity: float = 1, title: str = ""
) -> str:
    """A rectangle with corners of a radius, filled with this opacity."""
    box = f'rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"'
    return svg_titled(f'{box} class="{kind}" fill-opacity="{opacity:.3f}"', title)


def svg_titled(tag: str, title: str) -> str:
    """An element without a content but its tooltip."""
    name = tag.split()[0]
    return f"<{tag}><title>{escape(title)}</title></{name}>" if title else f"<{tag}/>"


def svg_number(value: float) -> str:
    """A length as short as it can be written, to a tenth of a pixel."""
    return f"{round(value, 1) + 0:.6g}"  # + 0 makes -0 a 0


def svg_path(steps: str, kind: str) -> str:
    """A path along the steps of SVG's own little language, as in M0 0H9."""
    return f'<path d="{steps}" class="{kind}"/>'


def svg_group(kind: str, parts: Sequence[str], title: str = "") -> str:
    """Elements that belong together; the title is shown where a mouse rests on them."""
    named = [f"<title>{escape(title)}</title>", *parts] if title else parts
    return f'<g class="{kind}">{"".join(named)}</g>'


def svg_document(width: float, height: float, label: str, parts: Sequence[str], style: str = "", kind: str = "") -> str:
    """The root element: a file of its own, or with no style a part of a page that has one."""
    inside = [f"<style>{style}</style>", *parts] if style else parts
    named = f' class="{kind}"' if kind else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}"{named} role="img" aria-label="{escape(label)}">\n' + "\n".join(inside) + "\n</svg>\n"
    )
