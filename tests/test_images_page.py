"""docs/images.md says what is so."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from brickwork.data.check import RULES
from brickwork.data.images.decode import FORMATS, MAX_SLOW
from brickwork.data.images.deep import PERCENTILES
from brickwork.data.images.readers import HEIF, JPEG_XL
from brickwork.recipe.recipe import parse_range
from shell import parse

TEXT = (Path(__file__).parents[1] / "docs" / "images.md").read_text()
WORDS = " ".join(TEXT.split())
OTHERS = {"netpbm": "PPM", "JPEG 2000": "JPEG2000", "Sun raster": "SUN"}


def test_the_example_gives_what_stands_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "images.md", "images.md", 0)
    assert len(found.examples) >= 5
    complaints: list[str] = []
    doctest.DocTestRunner().run(found, out=complaints.append)
    assert not complaints, "".join(complaints)


def test_the_ranges_are_those_of_the_option() -> None:
    rows = re.findall(r"^\| `([\w,]+)`", TEXT[TEXT.index("| `--range` |") :], re.MULTILINE)
    assert [parse_range(row) for row in rows] == ["file", (0, 4095), (100, 4095), "set", "percentiles"]
    low, high = PERCENTILES
    assert f"the values at {low:g} % and {high:g} %" in WORDS


def test_the_formats_are_those_that_are_tried() -> None:
    (names,) = re.findall(r"Pillow reads (.*?) and some rarer ones", WORDS)
    formats = [OTHERS.get(name.strip(), name.strip()).upper() for name in names.split(",")]
    assert set(formats) <= set(FORMATS)
    assert f"{MAX_SLOW // 1_000_000} million pixels" in WORDS


def test_the_readers_lines_and_the_codes_are_those_of_the_code() -> None:
    assert all(f"pip install 'brickwork[{reader.extra}]'" in TEXT for reader in (HEIF, JPEG_XL))
    assert set(re.findall(r"\b[FP]\d{3}\b", TEXT)) <= set(RULES)


@pytest.mark.parametrize("command", re.findall(r"^brickwork .*", TEXT, re.MULTILINE))
def test_the_commands_parse(command: str) -> None:
    parse(*shlex.split(command)[1:])
