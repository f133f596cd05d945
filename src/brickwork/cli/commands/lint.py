"""`brickwork lint`: what is wrong, wasteful or risky in a network."""

import re
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from brickwork.cli.options.network import network_of, network_options
from brickwork.cli.output import count_of, json_option, print_json, say_painted, width
from brickwork.cli.paths import WORD

if TYPE_CHECKING:
    from brickwork.linting import Finding, LintReport

INDENT = " " * 9
FEW = 3  # places that are shown of a code
WIDE = 100  # columns beyond which sentences are hard to read
COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
TITLE = re.compile(r"^(error|warning|note) +(?=N[0-9]{3} )", re.MULTILINE)


@click.command("lint")
@click.argument("network", type=WORD)
@network_options
@click.option("--batch", type=click.IntRange(1, 10**9), help="Images that train at once, where that is known.")
@json_option
def lint_command(network: str, input: str | None, classes: int | None, batch: int | None, as_json: bool) -> None:
    """What is wrong, wasteful or risky in a network.

    NETWORK is a name from 'brickwork list', FILE.py:NAME for one of your own, a model file, or the run folder that
    holds one. Exit code 1 means that there are errors. docs/lint.md has each code with an example.

    \b
    Examples:
      brickwork lint vgg16
      brickwork lint inception_v3 --input 3x96x96
      brickwork lint resnet50 --batch 1 --json
    """
    from brickwork.linting import lint

    report = lint(network_of(network, input, classes), batch)
    print_json(report.to_dict()) if as_json else say_painted(lint_text(report, min(width(), WIDE)), paint)
    if report.count("error"):
        raise click.exceptions.Exit(1)


def paint(text: str) -> str:
    """The text with the severity in colour where a line begins with one and a code."""
    return TITLE.sub(lambda found: click.style(found[0], fg=COLOURS[found[1]], bold=True), text)


def lint_text(report: "LintReport", columns: int) -> str:
    """The findings code by code, and how many there are."""
    lines = [f"{report.network}", ""]
    for _, group in groupby(report.findings, lambda finding: finding.rule.code):
        lines += [*finding_lines(list(group), columns), ""]
    return "\n".join([*lines, summary(report)])


def finding_lines(findings: "list[Finding]", columns: int) -> list[str]:
    """What was found where, why it matters and how to mend it, by which source."""
    rule, room = findings[0].rule, columns - len(INDENT)
    cases = [f"{finding.path}: {finding.detail}" for finding in findings[:FEW]]
    more = [f"and {len(findings) - FEW:,} more"] if len(findings) > FEW else []
    texts = [*cases, *more, f"{rule.reason} Mend: {rule.fix}", f"({rule.source})"]
    title = f"{rule.severity:8} {rule.code}  {rule.title}"
    return [title, *(f"{INDENT}{line}" for text in texts for line in wrap(text, room))]


def summary(report: "LintReport") -> str:
    from brickwork.linting import SEVERITIES

    counts = {severity: report.count(severity) for severity in SEVERITIES}
    return ", ".join(count_of(number, word) for word, number in counts.items() if number) or "Nothing was found."
