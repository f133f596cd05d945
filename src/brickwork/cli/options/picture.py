"""The options of a picture: --svg, --html and how it is drawn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from brickwork.cli.output import check_output
from brickwork.cli.paths import PATH
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.network import Network

Command = TypeVar("Command", bound=Callable[..., None])

WISHES = "brickwork.picture"  # the place of the options, in click's own notes on a call
KINDS = {  # an option's ending, with what stands in every such file that was written here
    "svg": {".svg": b'class="brickwork '},
    "html": {".html": b'content="brickwork show"'},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "--svg": {"type": PATH, "metavar": "FILE.svg", "help": "Draw the network, and write the picture."},
    "--html": {"type": PATH, "metavar": "FILE.html", "help": "Write a page with the picture and the table."},
    "--unfold": {
        "multiple": True,
        "metavar": "PATH",
        "help": "Draw what is in this part, as in stage4.4a, and blocks elsewhere.",
    },
    "--paint": {
        "type": click.Choice(["params", "macs", "memory", "field"]),
        "help": "Colour boxes by what they hold of all.",
    },
    "--theme": {
        "type": click.Choice(["auto", "light", "dark", "print"]),
        "default": "auto",
        "show_default": True,
        "help": "Colours of the picture; auto is the reader's.",
    },
    "--height": {
        "type": click.FloatRange(0, 100_000),
        "default": 0.0,
        "metavar": "PIXELS",
        "help": "Begin a new column where a stage no longer fits, as in 900.",
    },
}


@dataclass(frozen=True)
class PictureWish:
    """What was asked for."""

    svg: Path | None
    html: Path | None
    unfold: tuple[str, ...]
    paint: str | None
    theme: str
    height: float

    @property
    def files(self) -> list[Path]:
        return [path for path in (self.svg, self.html) if path]


def picture_options(command: Command) -> Command:
    """The options of a picture; `picture_wish` has what was asked for."""
    for name, words in reversed(OPTIONS.items()):
        command = click.option(name, expose_value=False, callback=_keep, **words)(command)
    return command


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    context.meta.setdefault(WISHES, {})[option.name] = value


def picture_wish() -> PictureWish:
    """What was asked for; raises BrickworkError where something was asked of a picture, but none is written."""
    wish = PictureWish(**click.get_current_context().meta[WISHES])
    ways = {"unfold": wish.unfold, "paint": wish.paint, "theme": wish.theme != "auto", "height": wish.height}
    if not wish.files and any(ways.values()):
        name = next(name for name, asked in ways.items() if asked)
        raise BrickworkError(f"--{name} says how a picture is drawn: add --svg FILE.svg or --html FILE.html.")
    return wish


def write_pictures(wish: PictureWish, network: "Network", depth: str | None, reads: Iterable[str | Path]) -> None:
    """Draws the network into the files; raises BrickworkError after that where it does not fit its input."""
    from brickwork.drawing import draw
    from brickwork.drawing.page import network_page
    from brickwork.files import write_whole
    from brickwork.network import cost

    for path, kind in ((wish.svg, "svg"), (wish.html, "html")):
        if path:
            check_output(path, KINDS[kind], reads)
    picture = draw(
        network, depth=depth, unfold=wish.unfold, paint=wish.paint or "", theme=wish.theme, height=wish.height
    )
    if wish.svg:
        picture.save(wish.svg)
    if wish.html:
        write_whole(wish.html, network_page(network, picture).encode())
    try:
        cost(network)
    except BrickworkError as misfit:
        raise BrickworkError(f"{misfit} {' and '.join(map(str, wish.files))} shows where.") from None
