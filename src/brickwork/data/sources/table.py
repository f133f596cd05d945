"""Tables of text from a file: CSV, TSV, or Parquet, which needs pyarrow."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brickwork.data.names import printable
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    import pyarrow

TEXT = (".csv", ".tsv")
PARQUET = (".parquet", ".pq")
DELIMITERS = (",", ";", "\t")  # of a .csv; its header says which


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
        try:
            values: list[Any] = self.file.read(columns=[name]).column(name).to_pylist()
        except (OSError, ValueError) as error:  # pyarrow's own are among these
            raise BrickworkError(unreadable_table(self.path, error)) from None
        return ["" if value is None else str(value) for value in values]

    def where(self, row: int) -> str:
        return f"{self.path}, row {row + 1}"


def read_table(path: Path) -> Table:
    """Read the table in a file, by its ending; raises BrickworkError."""
    return read_parquet(path) if path.suffix.lower() in PARQUET else read_text(path)


def read_text(path: Path) -> TextTable:
    """A table of comma-, semicolon- or tab-separated values in UTF-8, with a header and in quotes where needed.

    Raises BrickworkError with the line, where a row has more or fewer values than the header, or a quote stays open.
    """
    text = text_of(path)
    tabs = path.suffix.lower() == ".tsv"
    delimiter = "\t" if tabs else max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise BrickworkError(f"{path}, line {line}: expected a row of values, found {fault(error)}.") from None
    if not rows:
        raise BrickworkError(f"{path} is empty: expected a header and a row for each image.")
    header = [name.strip() for name in rows[0]]
    check_rows(path, header, rows, lines)
    return TextTable(path, header, rows[1:], lines[1:])


def text_of(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BrickworkError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise BrickworkError(
            f"{path}, line {line}: expected UTF-8 text, found the byte 0x{byte:02x}: save it as UTF-8."
        ) from None
    if (place := text.find("\0")) >= 0:
        raise BrickworkError(f"{path}, line {text.count(chr(10), 0, place) + 1}: expected text, found a zero byte.")
    return text


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
    if "field limit" in words or "end of data" in words:
        return "a quote that stays open"
    return f"a quote inside a value ({words})" if "expected after" in words else words


def read_parquet(path: Path) -> ParquetTable:
    try:
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise BrickworkError(f"{path} is read with pyarrow: pip install 'brickwork[parquet]'.") from None
    try:
        return ParquetTable(path, parquet.ParquetFile(path))
    except (OSError, ValueError) as error:
        raise BrickworkError(unreadable_table(path, error)) from None


def unreadable_table(path: Path, error: Exception) -> str:
    words = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return f"{path} cannot be read as Parquet: {printable(words)}."


def is_plain(kind: "pyarrow.DataType") -> bool:
    from pyarrow import types

    of = kind.value_type if types.is_dictionary(kind) else kind
    return not (types.is_nested(of) or types.is_binary(of) or types.is_large_binary(of))
