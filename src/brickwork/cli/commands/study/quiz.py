"""`brickwork quiz`: an exam sheet about a network, with its key."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from brickwork.cli.options.network import network_of, network_options
from brickwork.cli.output import check_output, json_option, print_json, say
from brickwork.cli.paths import PATH, WORD

if TYPE_CHECKING:
    from brickwork.exam.quiz import Form

ENDINGS = {
    "markdown": (".md", b"brickwork quiz"),
    "html": (".html", b"brickwork quiz"),
    "gift": (".gift", b"// brickwork"),
}


@click.command("quiz")
@click.argument("network", type=WORD)
@click.option("--questions", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many questions.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws other questions.")
@click.option(
    "--form", type=click.Choice([*ENDINGS]), default="markdown", show_default=True,
    help="Markdown, HTML for a browser or a printer, or GIFT for Moodle.",
)  # fmt: skip
@click.option("--out", type=PATH, metavar="FILE", help="Where to write it; without, it is printed.")
@network_options
@json_option
def quiz_command(
    network: str, questions: int, seed: int, form: "Form", out: Path | None, input: str | None, classes: int | None,
    as_json: bool,
) -> None:  # fmt: skip
    """An exam sheet about a network, with its key.

    NETWORK is what 'brickwork lint' takes. Questions ask for output sizes, parameters, MACs, receptive fields, memory
    and what changes do; wrong answers are real mistakes, and the key tells which. The same seed gives the same sheet.

    \b
    Examples:
      brickwork quiz alexnet --questions 10 --seed 7
      brickwork quiz googlenet --form html --out googlenet.html
      brickwork quiz resnet50 --form gift --out resnet50.gift
    """
    from brickwork.exam import quiz
    from brickwork.files import write_whole

    if out:
        check_output(out, dict([ENDINGS[form]]), [])
    sheet = quiz(network_of(network, input, classes), questions, seed)
    if out:
        write_whole(out, sheet.render(form).encode())
    if as_json:
        print_json({**sheet.to_dict(), "out": str(out) if out else None})
    else:
        say(f"{sheet.title}: {out}" if out else sheet.render(form).rstrip("\n"))
