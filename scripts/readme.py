"""Writes the outputs in README.md anew: what stands between `<!-- output: COMMAND -->` and `<!-- end -->`.

    python scripts/readme.py [--measured]

With --measured also what took a training: `<!-- measured: COMMAND -->`, which no test compares.
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


def filled(text: str, kind: str) -> str:
    """The text with the outputs of one kind written anew."""
    place = re.compile(rf"(<!-- {kind}: (.*?) -->\n).*?(<!-- end -->)", re.DOTALL)
    return place.sub(lambda found: f"{found[1]}```text\n$ {found[2]}\n{output(found[2])}```\n{found[3]}", text)


def output(command: str) -> str:
    """What a terminal shows after a command, both of its streams."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)],
            cwd=folder, env={**os.environ, "COLUMNS": WIDTH, "PYTHONPATH": str(PACKAGE)}, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    return done.stdout


if __name__ == "__main__":
    kinds = ["output", "measured"] if sys.argv[1:] == ["--measured"] else ["output"]
    for kind in kinds:
        README.write_text(filled(README.read_text(), kind))
