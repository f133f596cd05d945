"""Tables of text from a file: CSV, TSV, or Parquet, which needs pyarrow."""

import csv
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from brickwork.data.names import printable
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    import pyarrow

TEXT = (".csv", ".tsv")
PARQUET = (".parquet", ".pq")
DELIMITERS = (",", ";", "\t")  # of a .csv; its header says which
MOST_BYTES = 1 << 30  # of a table's text, as much as an image's file may have
MOST_ROWS = 20_000_000  # ImageNet-21k has 14 million images
LONGEST_LINE = 1 << 20  # characters, of a line and of a row
LONGEST_CELL = csv.field_size_limit()  # characters: 131,072, the module's own


@dataclass(frozen=True, eq=False)
class Table(ABC):
    """Rows of named values, all as text."""

    path: Path

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """The columns."""

    @abstractmethod
    def column(self, name: str) -> list[str]:
        """A column's values; one that is missing is empty."""

    @abstractmethod
    def where(self, row: int) -> str:
        """The place of a row, counted from 0, for a person: the file and its line."""


@dataclass(frozen=True, eq=False)
class TextTable(Table):
    header: list[str]
    rows: list[list[str]]  # each as long as the header
    lines: list[int]  # where each row begins, counted from 1

    @property
    def names(self) -> Sequence[str]:
        return self.header

    def column(self, name: str) -> list[str]:
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def where(self, row: int) -> str:
        return f"{self.path}, line {self.lines[row]}"


@dataclass(frozen=True, eq=False)
class ParquetTable(Table):
    file: "pyarrow.parquet.ParquetFile"

    @cached_property
    def names(self) -> Sequence[str]:
        """The columns of plain values."""
        return [field.name for field in self.file.schema_arrow if is_plain(field.type)]

    def column(self, name: str) -> list[str]:
        """A column's values; raises BrickworkError where they are more text than is read, as few bytes can become."""
        values: list[str] = []
        size = stated_bytes(self.file.metadata, name)
        try:
            for group in range(self.file.num_row_groups):
                if size > MOST_BYTES:
                    break
                column = self.file.read_row_group(group, columns=[name]).column(name)
                new = [text for chunk in column.chunks for text in texts(chunk)]
                size += sum(map(len, new))
                values += new
        except (OSError, ValueError) as error:  # pyarrow's own are among these
            raise BrickworkError(unreadable_table(self.path, error)) from None
        if size > MOST_BYTES:
            words = f"column {printable(name)} has more than the {MOST_BYTES:,} bytes that are read"
            raise BrickworkError(f"{self.path}: {words}.")
        return values

    def where(self, row: int) -> str:
        return f"{self.path}, row {row + 1}"


def read_table(path: Path) -> Table:
    """Read the table in a file, by its ending; raises BrickworkError."""
    return read_parquet(path) if path.suffix.lower() in PARQUET else read_text(path)


def read_text(path: Path) -> TextTable:
    """A table of comma-, semicolon- or tab-separated values in UTF-8, with a header and in quotes where needed.

    Raises BrickworkError with the line, where a row has more or fewer values than the header, or a quote stays open.
    """
    content = content_of(path)
    first = content[:LONGEST_LINE].partition(b"\n")[0].decode(errors="replace")
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(DELIMITERS, key=first.count)
    lines = RowLines(path, content)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    starts: list[int] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
                starts.append(lines.start)
            lines.begin_row()
    except csv.Error as error:
        raise BrickworkError(f"{path}, line {lines.start}: expected a row of values, found {fault(error)}.") from None
    except UnicodeDecodeError:
        check_coding(path, content)
        raise
    if not rows:
        raise BrickworkError(f"{path} is empty: expected a header and a row for each image.")
    header = [name.strip() for name in rows[0]]
    check_rows(path, header, rows, starts)
    return TextTable(path, header, rows[1:], starts[1:])


class RowLines(Iterator[str]):
    """The lines of a file, of which no row may have more than `LONGEST_LINE` characters."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self.lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
        self.start = self.next = 1  # the line in which the row begins, and the one that comes
        self.length = 0  # of the row until now

    def __next__(self) -> str:
        line = self.lines.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.length += len(line)
        if self.length > LONGEST_LINE:
            raise BrickworkError(
                f"{self.path}, line {self.start}: expected a row of values, found more than {LONGEST_LINE:,} "
                f"characters: it is no table of images, or a quote stays open."
            )
        self.next += 1
        return line

    def begin_row(self) -> None:
        self.start, self.length = self.next, 0


def content_of(path: Path) -> bytes:
    """A text file's bytes; raises BrickworkError where they are no text, or so many that it is no table of images."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = file.read() if size <= MOST_BYTES else b""
    except OSError as error:
        raise BrickworkError(f"{path} cannot be read: {error.strerror}.") from None
    if size > MOST_BYTES:
        raise BrickworkError(f"{path} has {size:,} bytes; tables of text are read up to {MOST_BYTES:,}: use Parquet.")
    if (count := max(map(content.count, (b"\n", b"\r")))) > MOST_ROWS:
        raise BrickworkError(f"{path} has {count:,} lines; tables of up to {MOST_ROWS:,} rows are read.")
    if (place := content.find(b"\0")) >= 0:
        check_coding(path, content[:place])  # as of UTF-16, whose first bytes say more than its zeros
        raise BrickworkError(f"{path}, line {line_at(content, place)}: expected text, found a zero byte.")
    return content


def check_coding(path: Path, content: bytes) -> None:
    """Raises BrickworkError with the place where bytes are no UTF-8, which a decoder of their lines does not know."""
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"{path}, line {line_at(content, error.start)}"
        raise BrickworkError(
            f"{place}: expected UTF-8 text, found the byte 0x{content[error.start]:02x}: save it as UTF-8."
        ) from None


def line_at(content: bytes, place: int) -> int:
    """The number of the line, counted from 1, in which a byte stands."""
    return content.count(b"\n", 0, place) + 1


def check_rows(path: Path, header: list[str], rows: list[list[str]], lines: list[int]) -> None:
    width = len(header)
    if set(map(len, rows)) == {width}:
        return
    line, row = next((line, row) for line, row in zip(lines, rows, strict=True) if len(row) != width)
    names = ", ".join(map(printable, header))
    raise BrickworkError(f"{path}, line {line}: expected {width} values ({names}), found {len(row)}.")


def fault(error: csv.Error) -> str:
    """What stands in a file that csv does not take; it speaks of delimiters and limits."""
    words = str(error)
    if "field limit" in words or "field larger" in words:
        return f"a value of more than {LONGEST_CELL:,} characters: perhaps a quote stays open"
    if "end of data" in words:
        return "a quote that stays open"
    return f"a quote inside a value ({words})" if "expected after" in words else words


def read_parquet(path: Path) -> ParquetTable:
    try:
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise BrickworkError(f"{path} is read with pyarrow: pip install 'brickwork[parquet]'.") from None
    try:
        file = parquet.ParquetFile(path)
        text = [column.path for column in map(file.schema.column, range(len(file.schema))) if is_text(column)]
        file = parquet.ParquetFile(path, metadata=file.metadata, read_dictionary=text)  # each text once, not a row
    except (OSError, ValueError) as error:
        raise BrickworkError(unreadable_table(path, error)) from None
    count = sum(file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))
    if count > MOST_ROWS:
        raise BrickworkError(f"{path} has {count:,} rows; tables of up to {MOST_ROWS:,} rows are read.")
    return ParquetTable(path, file)


def stated_bytes(metadata: "pyarrow.parquet.FileMetaData", name: str) -> int:
    """The bytes of a column before compression, as the file states them."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    columns = (group.column(place) for group in groups for place in range(group.num_columns))
    return sum(column.total_uncompressed_size for column in columns if column.path_in_schema == name)


def is_text(column: "pyarrow.parquet.ColumnSchema") -> bool:
    return bool(column.converted_type == "UTF8" and column.max_repetition_level == 0)


def texts(values: "pyarrow.Array") -> list[str]:
    """A column's values as text; of a dictionary, equal ones are one object, however often they come."""
    if hasattr(values, "dictionary"):
        known = texts(values.dictionary)
        return ["" if place is None else known[place] for place in values.indices.to_pylist()]
    return ["" if value is None else str(value) for value in values.to_pylist()]


def unreadable_table(path: Path, error: Exception) -> str:
    words = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return f"{path} cannot be read as Parquet: {printable(words)}."


def is_plain(kind: "pyarrow.DataType") -> bool:
    from pyarrow import types

    of = kind.value_type if types.is_dictionary(kind) else kind
    return not (types.is_nested(of) or types.is_binary(of) or types.is_large_binary(of))
