"""`brickwork show A B`: two networks side by side, as a table or as a picture."""

from collections.abc import Mapping

from brickwork.cli.options.network import model_files, network_of
from brickwork.cli.options.picture import KINDS, PictureWish
from brickwork.cli.output import check_output, print_json, say, width
from brickwork.errors import BrickworkError


def show_pair(
    words: tuple[str, str],
    on: tuple[str | None, int | None],
    depth: str | None,
    wish: PictureWish,
    asked_of_one: Mapping[str, object],
    as_json: bool,
) -> None:
    """Shows two networks, both with the `on` input and classes where these are given."""
    from brickwork.diffing.beside import beside_text, rows_beside
    from brickwork.drawing import draw_pair

    check_wish(wish, asked_of_one)
    one, two = (network_of(word, *on) for word in words)
    if wish.svg:
        check_output(wish.svg, KINDS["svg"], model_files(words))
        draw_pair(one, two, depth=depth, theme=wish.theme, height=wish.height).save(wish.svg)
    if as_json:
        rows = [row.to_dict() for row in rows_beside(one, two, depth or "stage")]
        print_json({"first": one.name, "second": two.name, "rows": rows})
    elif wish.svg:
        say(f"Picture: {wish.svg}")
    else:
        say(beside_text(one, two, depth or "stage", width()))


def check_wish(wish: PictureWish, asked_of_one: Mapping[str, object]) -> None:
    """Raises BrickworkError where something is asked that only one network can have."""
    ways = {**asked_of_one, "html": wish.html, "unfold": wish.unfold, "paint": wish.paint}
    if name := next((name for name, asked in ways.items() if asked), ""):
        raise BrickworkError(f"--{name} is of one network: leave it out, or show the two one by one.")
