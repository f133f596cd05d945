"""A diff as a table: equal edits of neighbouring parts once, each with what it costs or saves."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from textwrap import wrap

from brickwork.diffing.diff import Diff
from brickwork.diffing.edits import Edit, Effect
from brickwork.diffing.series import equal_start
from brickwork.network.columns import RULE, format_columns
from brickwork.network.columns import Row as Cells
from brickwork.network.notebook import html_table
from brickwork.network.text import count

HEAD = ("", "path", "edit", "parameters", "MACs", "memory", "field")
TRUNK = 4  # steps of the address of a part of a stage


@dataclass(frozen=True)
class TableLine:
    """An edit, or equal edits of parts one after another."""

    mark: str
    path: str
    words: str
    effect: Effect


def diff_text(diff: Diff, width: int = 120) -> str:
    """What changed, and what it costs: a row for each edit, and the sums."""
    title = f"{diff.names[0]} to {diff.names[1]}: {edit_count(diff)}, price {diff.price:,}"
    if not diff.changes:
        return f"{diff.names[0]} to {diff.names[1]}: the same network."
    rows: list[Cells] = [(line.mark, line.path, line.words, *effect_cells(line.effect)) for line in fold_edits(diff)]
    sums = ("", "all", "", *effect_cells(diff.effect))
    lines = format_columns([HEAD, RULE, *rows, RULE, sums], "<<=>>>>", width)
    below = [line for text in below_table(diff) for line in wrap(text, width)]
    return "\n".join([title, "", *totals(diff), "", *lines, *below])


def edit_count(diff: Diff) -> str:
    number = len(diff.changes)
    return f"{number:,} edit{'' if number == 1 else 's'}"


def totals(diff: Diff) -> list[str]:
    """The two networks' numbers, one below the other."""
    rows = [("", "parameters", "MACs", "memory", "field")]
    for name, sums in zip(diff.names, (diff.before, diff.after), strict=True):
        rows.append((name, f"{sums.params:,}", f"{sums.macs:,}", f"{count(sums.bytes)}B", str(sums.field)))
    return format_columns(rows, "<>>>>")


def below_table(diff: Diff) -> list[str]:
    """What the columns mean, and what side heads cost."""
    aside = diff.effect.side_params
    return [
        "An edit's numbers include what it changes in unchanged layers behind it, up to the next edit.",
        "memory: activations of one image in float32; field: side of the receptive field of the last stage, in pixels.",
        *([f"Side heads, in training alone: {with_sign(aside)} parameters."] if aside else []),
    ]


def effect_cells(effect: Effect) -> tuple[str, str, str, str]:
    """Parameters, MACs, memory and field with their signs; nothing where nothing changes."""
    return with_sign(effect.params), with_sign(effect.macs), size_with_sign(effect.bytes), with_sign(effect.field)


def size_with_sign(size: int) -> str:
    """Bytes with their sign: +1.14 MB, -480 B."""
    number = count(abs(size))
    return f"{'-' if size < 0 else '+'}{number}{'' if ' ' in number else ' '}B" if size else ""


def with_sign(number: int) -> str:
    return f"{number:+,}" if number else ""


def fold_edits(diff: Diff) -> list[TableLine]:
    """The edits as lines; parts of a stage one after another that change alike are told once."""
    groups = [list(group) for _, group in groupby(diff.changes, lambda edit: edit.at[:TRUNK])]
    lines: list[TableLine] = []
    for _, alike in groupby(groups, likeness):
        lines += merge_groups(list(alike))
    return lines


def likeness(group: Sequence[Edit]) -> tuple[tuple[str, str], ...]:
    """What makes the edits of one part equal to those of another: the words, and the ends of the paths."""
    if len(group[0].at) <= TRUNK:
        return tuple((edit.words(), edit.path.rpartition(".")[0]) for edit in group)
    start = len(trunk_path(group))
    return tuple((edit.words(), edit.path[start:]) for edit in group)


def trunk_path(group: Sequence[Edit]) -> str:
    """The path of the part of a stage in which some edits are: two words of it, or three."""
    shortest = min((edit.path.split(".") for edit in group), key=len)
    return ".".join(shortest[:2])


def merge_groups(groups: Sequence[Sequence[Edit]]) -> list[TableLine]:
    """A line for each edit of a part, with the sum over all parts that change alike."""
    return [merge_edits(same) for same in zip(*groups, strict=True)]


def merge_edits(same: Sequence[Edit]) -> TableLine:
    effect = sum_effects([edit.effect for edit in same])
    first, last = same[0], same[-1]
    times = f" (x {len(same)})" if len(same) > 1 else ""
    path = first.path if len(same) == 1 else path_range(first.path, last.path)
    return TableLine(first.mark, path, f"{first.words()}{times}", effect)


def path_range(first: str, last: str) -> str:
    """Two paths as one, what both begin and end with once: stage2.1-5.body.conv1."""
    one, two = first.split("."), last.split(".")
    if one == two:
        return first
    start = equal_start(one, two)
    end = equal_start(one[start:][::-1], two[start:][::-1])
    middle = "-".join(".".join(words[start : len(words) - end]) for words in (one, two))
    return ".".join([*one[:start], middle, *one[len(one) - end :]])


def sum_effects(effects: Sequence[Effect]) -> Effect:
    total = Effect()
    for effect in effects:
        total = total.plus(effect)
    return total


def diff_html(diff: Diff) -> str:
    """The table for a notebook."""
    rows = [(line.mark, line.path, line.words, *effect_cells(line.effect)) for line in fold_edits(diff)]
    rows.append(("", "all", "", *effect_cells(diff.effect)))
    title = f"<p>{escape(f'{diff.names[0]} to {diff.names[1]}: {edit_count(diff)}')}</p>"
    return title + html_table(HEAD, rows)
