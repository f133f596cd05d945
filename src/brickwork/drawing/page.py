"""A page for a browser: a network's picture and its table, in one file that needs no other."""

from brickwork.drawing.picture import Picture
from brickwork.figure import VARIABLES_CSS, adaptive_css
from brickwork.figure.svg import escape
from brickwork.network import Network
from brickwork.network.notebook import network_html

COLOURS = f"{VARIABLES_CSS} body {{ background: $paper; color: $ink }} td, th {{ border-color: $rule }}"
SHAPES = """
body { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; margin: 2em auto; max-width: 100em; padding: 0 1em }
svg { height: auto; max-width: 100% } table { border-collapse: collapse; margin: 1em 0 }
td, th { border-bottom: 1px solid; padding: .3em .8em; text-align: right } td:nth-child(-n+3) { text-align: left }
"""


def network_page(network: Network, picture: Picture) -> str:
    """The whole document; a network that does not fit has its misfit in place of the table."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(str(network))}</title>\n'
        f'<meta name="generator" content="brickwork show">\n<style>\n{adaptive_css(COLOURS)}{SHAPES}</style>\n</head>\n'
        f"<body>\n{picture.svg}{network_html(network)}\n</body>\n</html>\n"
    )
