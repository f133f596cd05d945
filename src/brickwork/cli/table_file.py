"""A CSV that is written row by row beside its place, and goes on where a process that was killed left it.

NAME.csv.part has the rows, NAME.csv.part.json what they were computed with; NAME.csv is there once it is complete.
"""

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path
from typing import Any, BinaryIO

from brickwork.documents import parse_json
from brickwork.errors import BrickworkError
from brickwork.files import read_plain, sync, to_disk, write_whole

ENDS = "\r\n"  # of a row
MOST = 1 << 20  # bytes of NAME.csv.part.json that are read


class TableFile:
    """A table that is being written: rows are in the file once a whole batch of them is there."""

    def __init__(self, out: Path, file: BinaryIO, header: list[str], batch: int) -> None:
        self.out = out
        self.header = header
        self.file = file
        self.batch = batch  # rows
        self.count = 0  # rows that are written, or wait for the others of their batch
        self.has_label = False  # whether an image of these could be read
        self.waiting = io.StringIO(newline="")

    def __enter__(self) -> "TableFile":
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file as it is: rows that wait for others of their batch are computed anew by a resumed command."""
        with suppress(OSError):
            self.file.close()

    def add(self, cells: Mapping[str, Any], has_label: bool) -> None:
        csv.DictWriter(self.waiting, self.header, lineterminator=ENDS).writerow(cells)
        self.count += 1
        self.has_label |= has_label
        if self.count % self.batch == 0:
            self.write()

    def write(self) -> None:
        """Write the rows that wait."""
        try:
            self.file.write(self.waiting.getvalue().encode())
            self.file.flush()
        except OSError as fault:
            raise write_error(part_of(self.out), fault) from None
        self.waiting = io.StringIO(newline="")

    def finish(self) -> None:
        """Write what is left, and give the table its name."""
        self.write()
        try:
            to_disk(self.file.fileno())
            self.file.close()
            part_of(self.out).replace(self.out)
            sync(self.out.parent)
            facts_path(self.out).unlink(missing_ok=True)
        except OSError as fault:
            raise write_error(self.out, fault) from None


def begin_table(out: Path, header: list[str], facts: Mapping[str, Any], batch: int) -> TableFile:
    """Begin a table; raises BrickworkError where one that was not finished has rows: these took time."""
    part = part_of(out)
    if rows := count_rows(part):
        raise BrickworkError(
            f"{part} has {rows:,} rows of a table that is not complete: go on with it by --resume, or delete it."
        )
    write_whole(facts_path(out), json.dumps(facts).encode())
    try:
        file = part.open("wb")
    except OSError as fault:
        raise write_error(part, fault) from None
    table = TableFile(out, file, header, batch)
    csv.writer(table.waiting, lineterminator=ENDS).writerow(header)
    table.write()
    return table


def resume_table(out: Path, header: list[str], facts: Mapping[str, Any], batch: int, names: Iterator[str]) -> TableFile:
    """Go on with a table at the end of its last whole batch; where none was begun, begin it.

    Raises BrickworkError where it is complete, or was begun with another model or other images (`names`).
    """
    part = part_of(out)
    if not part.exists():
        if out.exists():
            raise BrickworkError(f"{out} is complete: nothing is left to resume. Leave --resume out to write it anew.")
        return begin_table(out, header, facts, batch)
    match_facts(part, load_facts(out), facts)
    count, end, has_label = match_rows(part, header, batch, names)
    try:
        os.truncate(part, end)
        table = TableFile(out, part.open("ab"), header, batch)
    except OSError as fault:
        raise write_error(part, fault) from None
    table.count, table.has_label = count, has_label
    return table


def match_rows(part: Path, header: list[str], batch: int, names: Iterator[str]) -> tuple[int, int, bool]:
    """How many rows are kept, where they end, and whether one has a label; raises BrickworkError for other images."""
    rows = whole_rows(part)
    first, end = next(rows, ([], 0))
    if first != header:
        raise BrickworkError(f"{part} has other columns than this command writes: delete it to begin anew.")
    count, label, has_label = 0, False, False
    for number, (row, place) in enumerate(rows, 1):
        name = next(names, None)
        if row[0].removeprefix("'") != (name or "").removeprefix("'"):
            what = f"names {name} there" if name else f"ends after {number - 1:,} images"
            raise BrickworkError(f"{part}: its row {number:,} is of {row[0]}, and the listing {what}: delete it, or "
                                 f"give the images that it was begun with.")  # fmt: skip
        label |= bool(row[1])
        if number % batch == 0:
            count, end, has_label = number, place, label
    return count, end, has_label


def whole_rows(path: Path) -> Iterator[tuple[list[str], int]]:
    """The rows of a CSV that are whole, and the byte at which each ends; what follows the last was cut."""
    end, text = 0, b""
    with path.open("rb") as file:
        for line in file:
            text += line
            if text.endswith(ENDS.encode()) and text.count(b'"') % 2 == 0:
                end += len(text)
                yield next(csv.reader([text.decode()])), end
                text = b""


def count_rows(part: Path) -> int:
    """How many rows a table has below its header; none where there is no such file."""
    with suppress(FileNotFoundError):
        return max(0, sum(1 for _ in whole_rows(part)) - 1)
    return 0


def match_facts(part: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raises BrickworkError where a table was begun with something else."""
    for name, value in now.items():
        if before.get(name) != value:
            raise BrickworkError(
                f"{part} was begun with another {name}, {before.get(name)!s:.80}, where this command has "
                f"{value!s:.80}: give the same, or delete it to begin anew."
            )


def load_facts(out: Path) -> Mapping[str, Any]:
    try:
        facts = parse_json(read_plain(facts_path(out), MOST))
    except (OSError, ValueError):
        facts = None
    if not isinstance(facts, dict):
        raise BrickworkError(f"{facts_path(out)} is missing or damaged: delete {part_of(out)} to begin anew.")
    return facts


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def part_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.part")


def facts_path(out: Path) -> Path:
    return out.with_name(f"{out.name}.part.json")


def write_error(path: Path, fault: OSError) -> BrickworkError:
    return BrickworkError(f"{path} cannot be written: {fault.strerror or fault}.")
