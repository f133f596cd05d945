"""Paths as people type them: for every command ~ is the home folder, also where a shell leaves it, as in --out=~/x."""

import os
from os.path import expanduser
from pathlib import Path
from typing import Any

import click


class TypedPath(click.Path):
    """The path that was typed, with the home folder in place of a ~ at its beginning."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        return super().convert(expanduser(value), param, ctx)


EXPORTED = (".onnx", ".xml")  # how exported models end: those that need no torch

PATH: Any = TypedPath(path_type=Path)  # of a file or a folder
WORD: Any = TypedPath()  # a path, or a word that is none, as it was typed
