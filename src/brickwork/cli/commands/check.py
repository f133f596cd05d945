"""`brickwork check`: check a dataset before anything is trained on it."""

import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from brickwork.cli.options.data import GROUPS
from brickwork.cli.output import count_of, json_option, notify, print_json, say_painted, width
from brickwork.cli.paths import PATH, WORD
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.data.check import Case, CheckReport, Finding

PIXELS = 178_956_970  # where Pillow itself refuses
PATIENCE = 2.0  # seconds without a word
REFRESH = 0.2  # seconds between two pictures of a bar
BAR = 30  # characters of it
CLEAR = "\x1b[K"  # blanks the rest of a terminal's line
PAUSE = 10.0  # seconds between two words where there is no terminal
FEW = 3  # cases that are shown of a finding, and files of a case
WIDE = 100  # columns beyond which sentences are hard to read
INDENT = " " * 9
COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
TITLE = re.compile(r"^(error|warning|note) +(?=[A-Z][0-9]{3} )", re.MULTILINE)


@click.command("check")
@click.argument("data", type=WORD)
@click.option("--groups", default="", metavar="PATTERN", help=GROUPS)
@click.option("--seed", default=0, show_default=True, help="Draws the splits where DATA has none; as for training.")
@click.option(
    "--max-pixels", type=click.IntRange(1, PIXELS), default=PIXELS, show_default=True, help="More are refused."
)
@click.option("--allow-leaks", is_flag=True, help="Identical images in several splits are a warning, not an error.")
@click.option("--fix", metavar="CSV", type=PATH, help="Write a manifest without the bad files.")
@json_option
def check_command(
    data: str, groups: str, seed: int, max_pixels: int, allow_leaks: bool, fix: Path | None, as_json: bool
) -> None:
    """Check a dataset: what is wrong with it, and how to mend it.

    DATA is what 'brickwork train --data' takes. Every image is read once, and each finding says what training will do
    about it and how to mend it. What was read is kept as an index, so that training can name what has changed since.
    No file of DATA is ever changed: --fix writes a manifest of the images that are left when the bad ones are taken
    out, and training takes that. Exit code 1 means that there are errors.

    \b
    Examples:
      brickwork check photos
      brickwork check photos --fix photos-fixed.csv
    """
    from brickwork.data import open_data
    from brickwork.data.check import can_list, check, check_manifest_path, classes_without_rows, write_manifest
    from brickwork.data.sources.notes import name_list

    dataset = open_data(data, seed=seed, groups=groups)
    if fix:
        check_manifest_path(fix, dataset)
    with reading_progress(sum(map(len, dataset.splits.values()))) as progress:
        report = check(dataset, max_pixels=max_pixels, allow_leaks=allow_leaks, progress=progress)
    index_file = try_save_index(report)
    kept = write_manifest(fix, dataset, report) if fix else None
    typed = [data, *(["--groups", groups] if groups else []), *(["--seed", str(seed)] if seed else [])]
    text = "" if as_json else check_text(report, typed if can_list(dataset) else None)
    print_json(check_document(report, index_file)) if as_json else say_painted(text, paint_severities)
    if fix and kept is not None:
        command = shlex.join(["brickwork", "train", "--data", str(fix)])
        if lost := classes_without_rows(report):
            notify(f"No image is left of {name_list(lost)}: {fix} has no such class.")
        notify(f"{fix} lists {kept:,} of {count_of(len(report.index.entries), 'image')}: {command}")
    if report.cases("error"):
        raise click.exceptions.Exit(1)


def try_save_index(report: "CheckReport") -> Path | None:
    """Save the index; None, with a sentence, where it cannot be written: the findings are none the less."""
    from brickwork.data.index import save_index

    try:
        return save_index(report.index)
    except BrickworkError as error:
        notify(f"The index is not kept, and training cannot name what changes: {error}")
        return None


@contextmanager
def reading_progress(total: int) -> Iterator[Callable[[int], None]]:
    """Progress of reading, shown after two seconds: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield ProgressLines(total)
        return
    bar = ProgressBar(total)
    try:
        yield bar
    finally:
        bar.clear()


class ProgressBar:
    """Progress as a bar in the last line of a terminal, which is blank again at the end."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.start = time.monotonic()
        self.next = self.start + PATIENCE
        self.shown = False

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now > self.next:
            self.next, self.shown = now + REFRESH, True
            left = time_text((now - self.start) * (self.total - done) / max(done, 1))
            full = BAR * done // max(self.total, 1)
            self.write(f"reading [{'=' * full:{BAR}}] {done:,} of {self.total:,} images, {left} left")

    def write(self, text: str) -> None:
        with suppress(OSError):  # its terminal was closed
            sys.stderr.write(f"\r{text[: width() - 1]}{CLEAR}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self.shown:
            self.write("")


def time_text(seconds: float) -> str:
    """Hours, minutes and seconds, as 1:02:03."""
    return str(timedelta(seconds=round(seconds)))


class ProgressLines:
    """Progress as a line every few seconds, for whoever reads a log."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.next = time.monotonic() + PATIENCE

    def __call__(self, done: int) -> None:
        if time.monotonic() > self.next:
            self.next = time.monotonic() + PAUSE
            notify(f"{done:,} of {self.total:,} images read")


def check_document(report: "CheckReport", index_file: Path | None) -> dict[str, object]:
    """The document that `check --json` prints."""
    return {
        "name": report.name,
        "source": report.index.source,
        "classes": list(report.classes),
        "images": dict(report.splits),
        "notes": list(report.notes),
        "findings": [finding.document() for finding in report.findings],
        "errors": report.cases("error"),
        "warnings": report.cases("warning"),
        "index": str(index_file) if index_file else None,
        "digest": report.index.digest,
    }


def check_text(report: "CheckReport", data: Sequence[str] | None) -> str:
    """The report for a person: errors first, each finding with its first files.

    `data` is what was typed of the data and its division, where a manifest can be written of it.
    """
    columns = min(width(), WIDE)
    lines = [*wrap(heading(report), columns), *(line for note in report.notes for line in wrap(note, columns)), ""]
    for finding in report.findings:
        lines += [*finding_lines(finding, report, columns), *([] if finding.severity == "note" else [""])]
    if not report.findings:
        lines.pop()
    elif lines[-1]:
        lines.append("")
    return "\n".join([*lines, *summary_lines(report, data)])


def heading(report: "CheckReport") -> str:
    parts = ", ".join(f"{name} {count:,}" for name, count in report.splits.items())
    total = count_of(sum(report.splits.values()), "image")
    return f"{report.name}: {total} of {len(report.classes):,} classes ({parts})."


def paint_severities(text: str) -> str:
    """The text with the severity in colour where a line begins with one and a rule's code."""
    return TITLE.sub(lambda found: click.style(found[0], fg=COLOURS[found[1]], bold=True), text)


def finding_lines(finding: "Finding", report: "CheckReport", columns: int) -> list[str]:
    """One finding: what, how many, which first, what training does, how to mend it."""
    rule, count = finding.rule, len(finding.cases)
    title = f"{rule.severity:8} {rule.code}  {count:,} {rule.one if count == 1 else rule.many}"
    few = FEW if rule.severity != "note" else 1
    room = columns - len(INDENT)
    cases = [line for case in finding.cases[:few] for line in case_lines(case, rule.code, report, room)]
    more = f"and {count - few:,} more" if count > few else ""
    if more and few == 1 and len(cases[-1]) + len(more) + 2 <= room:
        cases[-1] += f", {more}"
    elif more:
        cases.append(more)
    advice = wrap(f"{rule.training} {rule.remedy}".strip(), room)
    return [title, *(f"{INDENT}{line}" for line in [*cases, *advice])]


def case_lines(case: "Case", code: str, report: "CheckReport", room: int) -> list[str]:
    """One case in one line, or where that is too long, a line for each file and one for the words on them.

    Images go by their keys, which are paths relative to the dataset.
    """
    from brickwork.data.names import printable

    keys = [printable(report.index.entries[i].key) for i in case.images] or list(case.files)
    files = keys[:FEW]
    files += [f"{len(case.files) - FEW:,} more"] if len(case.files) > FEW else []
    sign = " ~ " if code in ("D404", "D405") else " = "
    line = ": ".join(part for part in (sign.join(files), case.detail) if part)
    if len(line) <= room:
        return [line]
    first, *others = files or [""]
    words = [f"  {line}" for line in wrap(case.detail, room - 2)]
    return [first, *(f" {sign}{file}" for file in others), *words]


def summary_lines(report: "CheckReport", data: Sequence[str] | None) -> list[str]:
    """The sum of it, and where something can be left out, the command that does so."""
    if not report.findings:
        return ["Nothing is wrong with it. Training will name what changes from now on."]
    from brickwork.data.check import SEVERITIES, positions_to_drop

    numbers = {severity: report.cases(severity) for severity in SEVERITIES}
    counts = ", ".join(count_of(number, severity) for severity, number in numbers.items() if number)
    bad = len(positions_to_drop(report))
    if not bad or data is None:
        return [f"{counts}."]
    command = shlex.join(["brickwork", "check", *data, "--fix", f"{report.name}-fixed.csv"])
    return [f"{counts}. For a manifest without the {count_of(bad, 'bad file')}:", f"  {command}"]
