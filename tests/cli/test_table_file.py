"""The CSV that is written row by row, and goes on where its rows end."""

from pathlib import Path
from typing import Any

import pytest

from brickwork.cli.table_file import TableFile, begin_table, part_of, resume_table, whole_rows
from brickwork.errors import BrickworkError

HEADER, FACTS, BATCH = ["path", "label"], {"model": "a", "coverage": None}, 4
NAMES = [f"{number}.png" for number in range(10)]


def add(table: TableFile, names: list[str]) -> None:
    for name in names:
        table.add({"path": name, "label": f'"cat", {name}'}, has_label=True)


def begin(out: Path, count: int) -> TableFile:
    table = begin_table(out, HEADER, FACTS, BATCH)
    add(table, NAMES[:count])
    return table


def kill(table: TableFile) -> None:
    """What is left where nothing more is written."""
    table.file.close()


def resume(out: Path, names: list[str] | None = None, **facts: Any) -> TableFile:
    return resume_table(out, HEADER, {**FACTS, **facts}, BATCH, iter(NAMES if names is None else names))


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    begin(tmp_path / "whole.csv", 10).finish()
    return (tmp_path / "whole.csv").read_bytes()


def test_a_table_has_its_name_once_it_is_complete(tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    table = begin(out, 9)
    assert not out.exists()
    assert len(list(whole_rows(part_of(out)))) == 1 + 8
    table.finish()
    assert out.read_text().splitlines()[:2] == ["path,label", '0.png,"""cat"", 0.png"']
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("cut", range(0, 160, 7))
def test_wherever_it_was_cut_it_goes_on_to_the_same_bytes(tmp_path: Path, whole: bytes, cut: int) -> None:
    out = tmp_path / "a.csv"
    kill(begin(out, 8))
    content = part_of(out).read_bytes()
    assert whole.startswith(content)
    part_of(out).write_bytes(content[: len(content) - cut] if cut < len(content) - 12 else content[:12])
    table = resume(out)
    assert table.count % BATCH == 0
    assert table.count <= 8
    add(table, NAMES[table.count :])
    table.finish()
    assert out.read_bytes() == whole


def test_an_end_in_the_middle_of_a_character_or_a_quoted_line_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('path,label\r\né.png,"a\r\nb"\r\n"é\r\n'.encode()[:-3])
    assert [row for row, _ in whole_rows(path)] == [["path", "label"], ["é.png", "a\r\nb"]]


def test_a_table_that_was_not_finished_is_not_begun_anew(tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    kill(begin(out, 3))  # none of them written
    kill(begin(out, 5))
    with pytest.raises(BrickworkError, match=r"a\.csv\.part has 4 rows of a table that is not complete: go on with it"):
        begin(out, 1)


def test_without_a_beginning_resume_begins_and_what_is_complete_has_nothing_left(tmp_path: Path) -> None:
    table = resume(tmp_path / "a.csv")
    assert table.count == 0
    add(table, NAMES)
    table.finish()
    with pytest.raises(BrickworkError, match=r"a\.csv is complete: nothing is left to resume"):
        resume(tmp_path / "a.csv")


def test_another_model_another_option_or_other_images_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    kill(begin(out, 8))
    before = part_of(out).read_bytes()
    with pytest.raises(BrickworkError, match=r"a\.csv\.part was begun with another model, a, where this command has b"):
        resume(out, model="b")
    with pytest.raises(BrickworkError, match=r"another coverage, None, where this command has 0\.5: give the same"):
        resume(out, coverage=0.5)
    with pytest.raises(BrickworkError, match=r"its row 3 is of 2\.png, and the listing names 7\.png there"):
        resume(out, [*NAMES[:2], "7.png", *NAMES[2:]])
    with pytest.raises(BrickworkError, match=r"its row 6 is of 5\.png, and the listing ends after 5 images"):
        resume(out, NAMES[:5])
    with pytest.raises(BrickworkError, match="has other columns than this command writes"):
        resume_table(out, [*HEADER, "p"], FACTS, BATCH, iter(NAMES))
    (tmp_path / "a.csv.part.json").write_text("[")
    with pytest.raises(BrickworkError, match=r"a\.csv\.part\.json is missing or damaged: delete .*a\.csv\.part to"):
        resume(out)
    assert part_of(out).read_bytes() == before


def test_a_full_disk_is_one_line_and_its_rows_can_be_resumed(tmp_path: Path) -> None:
    table = begin(tmp_path / "a.csv", 4)
    table.file.close()
    table.file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115
    with pytest.raises(BrickworkError, match=r"a\.csv\.part cannot be written: No space left on device"):
        add(table, NAMES[4:8])
    table.file.close()
    table = resume(tmp_path / "a.csv")
    assert table.count == 4
    kill(table)
