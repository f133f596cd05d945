"""Tables that somebody made so that reading them takes all memory, or for ever."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from brickwork.data.sources import table as tables
from brickwork.data.sources.table import read_table
from brickwork.errors import BrickworkError

HEADER = "path,label\n"
MEMORY = 700 << 20  # bytes that the largest of these files may take, itself included
WHO = "import sys; from pathlib import Path; from brickwork.data.sources.table import read_table\n"
READ = "try: t = read_table(Path(sys.argv[1])); [t.column(n) for n in t.names]\nexcept Exception as e: print(repr(e))"


def refusal(path: Path) -> str:
    with pytest.raises(BrickworkError) as caught:
        read_all(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(path), "T")


def read_all(path: Path) -> None:
    found = read_table(path)
    for name in found.names:
        found.column(name)


def limited(path: Path) -> str:
    """What is said of a table in a process that may take no more memory than `MEMORY` and no more time than 20 s."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))

    command = [sys.executable, "-c", WHO + READ, str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=20, preexec_fn=limit)
    return (ran.stdout + ran.stderr).replace(str(path), "T")


LINE = "found more than 1,048,576 characters: it is no table of images, or a quote stays open"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER + "a" * 2_000_000 + ",b\n", f"T, line 2: expected a row of values, {LINE}"),
        ("," * 2_000_000 + "\n", f"T, line 1: expected a row of values, {LINE}"),
        (HEADER + "a,b\n" + '"a\n",' * 300_000, f"T, line 3: expected a row of values, {LINE}"),
        (HEADER + "a" * 200_000 + ",b\n", "T, line 2: expected a row of values, found a value of more than 131,072 "),
        (HEADER + '"' + "a\n" * 100_000, "T, line 2: expected a row of values, found a value of more than 131,072 "),
    ],
    ids=["a long line", "many columns", "a row of many lines", "a long value", "an open quote"],
)
def test_lines_rows_and_values_have_a_limit(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert refusal(path).startswith(words)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_rows_have_a_limit_whatever_ends_them(tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 1000)
    path = tmp_path / "t.csv"
    path.write_bytes((HEADER.rstrip("\n") + end + f"a,b{end}" * 1000).encode())
    assert refusal(path) == "T has 1,001 lines; tables of up to 1,000 rows are read."
    path.write_bytes((HEADER.rstrip("\n") + end + f"a,b{end}" * 900).encode())
    assert len(read_table(path).column("path")) == 900


def test_a_row_of_several_lines_and_long_values_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(HEADER + '"a\nb",' + "c" * 100_000 + "\nd,e\n" + '"f\n' + "g" * 100_000 + '",h\n')
    found = read_table(path)
    assert found.column("path") == ["a\nb", "d", "f\n" + "g" * 100_000]
    assert [found.where(row).rpartition(" ")[2] for row in range(3)] == ["2", "4", "5"]


def test_a_file_of_holes_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(HEADER)
    os.truncate(path, 1 << 36)
    begun = time.monotonic()
    assert refusal(path) == "T has 68,719,476,736 bytes; tables of text are read up to 1,073,741,824: use Parquet."
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("name", ["one line", "one row", "many lines"])
def test_a_hundred_megabytes_of_text_are_refused_in_little_more_memory(tmp_path: Path, name: str) -> None:
    text = {"one line": "a" * 100_000_000, "one row": "," * 100_000_000, "many lines": "\n" * 100_000_000}[name]
    path = tmp_path / "t.csv"
    path.write_text(HEADER + text)
    assert limited(path).startswith("BrickworkError('T")


# Parquet


def repeated(text: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))


def test_a_text_that_is_repeated_counts_in_every_row(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"path": repeated("x" * 100_000, 200_000), "label": repeated("a", 200_000)}), path)
    assert path.stat().st_size < 50_000
    assert limited(path).startswith(
        "BrickworkError('T: column path has more than the 1,073,741,824 bytes that are read"
    )


def test_pages_that_unpack_to_more_than_is_read_are_refused_by_what_they_state(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    values = pa.array(["y" * 1_000_000] * 200)
    with pq.ParquetWriter(path, pa.schema({"path": pa.string()}), compression="zstd", use_dictionary=False) as writer:
        for _ in range(6):
            writer.write_table(pa.table({"path": values}))
    assert path.stat().st_size < 500_000
    assert limited(path).startswith("BrickworkError('T: column path has more than")


def test_rows_of_a_parquet_file_have_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"path": pa.nulls(20_000_001, pa.int8())}), path, compression="zstd")
    assert refusal(path) == "T has 20,000,001 rows; tables of up to 20,000,000 rows are read."


def test_values_of_several_row_groups_and_kinds_are_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    names = [f"{i % 700}.jpg" if i % 11 else None for i in range(5_000)]
    labels = pa.array([i % 3 for i in range(5_000)], pa.int16())
    shares = pa.array([i / 7 for i in range(5_000)])
    pq.write_table(pa.table({"path": names, "label": labels, "share": shares}), path, row_group_size=999)
    found = read_table(path)
    assert found.column("path") == [name or "" for name in names]
    assert found.column("label") == [str(i % 3) for i in range(5_000)]
    assert found.column("share") == [str(i / 7) for i in range(5_000)]
