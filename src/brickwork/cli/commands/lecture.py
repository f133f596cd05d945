"""`brickwork lecture`: a lecture's numbers beside what the networks give."""

import click

from brickwork.cli.output import json_option, print_json, say, width


@click.command("lecture")
@json_option
def lecture_command(as_json: bool) -> None:
    """A lecture's numbers, and what they really are.

    Tables and numbers from the slides of a lecture stand beside what the networks here give: each reproduces, is
    truncated on the slide, or is wrong there.

    \b
    Example:
      brickwork lecture
    """
    from brickwork.cli.claims import claims, lecture_text

    if as_json:
        print_json([claim.document() for claim in claims()])
    else:
        say(lecture_text(claims(), width()))
