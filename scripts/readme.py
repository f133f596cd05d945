"""Writes the outputs in README.md, docs/numbers.md and docs/diff.md anew.

These stand between `<!-- output: COMMAND -->` and `<!-- end -->`.

    python scripts/readme.py [--measured]

With --measured also what took a training: `<!-- measured: COMMAND -->` of the README. A test compares its lines with
those of a short training, numbers aside. Lines within an epoch and on busy cores are left out, as not every machine
prints them.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import brickwork

README = Path(__file__).parents[1] / "README.md"
PACKAGE = Path(brickwork.__file__).parents[1]  # the commands run in another folder, but this package
WIDTH = "100"
WITHIN_EPOCH = re.compile(  # and what else only a slow or busy machine prints
    r"^(epoch \d+, step .*|(\w+: )?[\d,]+ of [\d,]+ images read|"
    r"Other processes use the cores.*|The first \d+ steps had .*)\n",
    re.MULTILINE,
)


def blocks(text: str, kind: str) -> dict[str, str]:
    """What stands in the text below each command of a kind, the line of the command included."""
    return dict(re.findall(rf"<!-- {kind}: (.*?) -->\n```text\n(.*?)```\n<!-- end -->", text, re.DOTALL))


def update_blocks(text: str, kind: str) -> str:
    """The text with the outputs of one kind written anew."""
    for command, old in blocks(text, kind).items():
        text = text.replace(f"```text\n{old}```", f"```text\n{terminal(command)}```")
    return text


def terminal(command: str) -> str:
    """What a terminal shows of a command, both of its streams."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)],
            cwd=folder, env={**os.environ, "COLUMNS": WIDTH, "PYTHONPATH": str(PACKAGE)}, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    return f"$ {command}\n{WITHIN_EPOCH.sub('', done.stdout)}"


def form(text: str) -> list[str]:
    """The lines with # in place of numbers; lines of one form that follow each other are one."""
    lines = [re.sub(r"\d+([,.:]\d+)*", "#", line) for line in text.splitlines()]
    return [line for line, before in zip(lines, [None, *lines], strict=False) if line != before]


if __name__ == "__main__":
    for page in (README, README.parent / "docs" / "numbers.md", README.parent / "docs" / "diff.md"):
        page.write_text(update_blocks(page.read_text(), "output"))
    if sys.argv[1:] == ["--measured"]:
        README.write_text(update_blocks(README.read_text(), "measured"))
