"""Names from names: rules that are applied one after another to a layer's path here, until it is its path there."""

import re
from collections.abc import Callable, Sequence

Rule = tuple[str, str | Callable[[re.Match[str]], str]]  # a pattern, and what takes its place
Rename = Callable[[Sequence[str]], list[str]]  # the paths of all layers with weights, in order


def plus(prefix: str, offset: int) -> Callable[[re.Match[str]], str]:
    """A replacement: the prefix, and the number that was met plus an offset."""
    return lambda match: f"{prefix}{int(match[1]) + offset}"


def by_rules(*rules: Rule) -> Rename:
    def rename(paths: Sequence[str]) -> list[str]:
        return [rename_path(path, rules) for path in paths]

    return rename


def rename_path(path: str, rules: Sequence[Rule]) -> str:
    for pattern, replacement in rules:
        path = re.sub(pattern, replacement, path)
    return path


FC: tuple[Rule, ...] = ((r"^head\.linear$", "fc"),)
LAST_LINEAR: tuple[Rule, ...] = ((r"^head\.linear$", "last_linear"),)
