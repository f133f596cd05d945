"""docs/data.md says what is so: its examples are made as files, and opened."""

import doctest
import io
import re
import shlex
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from brickwork.data.sources.manifest import ENDINGS, LABELS, PATHS
from brickwork.data.sources.splits import SHARE, SPLITS
from shell import parse

TEXT = (Path(__file__).parents[1] / "docs" / "data.md").read_text()


def blocks(kind: str) -> list[tuple[str, str]]:
    """The fenced blocks behind a mark, each with what stands in the mark."""
    return re.findall(rf"<!-- {kind}(?:: (.*?))? -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)


def make_files() -> None:
    for _, listed in blocks("files"):
        for line in listed.splitlines():
            Path(line).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (2, 2)).save(line)
    for name, text in blocks("file"):
        Path(name).write_text(text)
    for name, listed in blocks("archive"):
        Path(name).parent.mkdir(exist_ok=True)
        with tarfile.open(name, "w") as tar:
            for line in listed.splitlines():
                file, _, content = line.partition(" ")
                member = tarfile.TarInfo(file)
                member.size = len(content.strip())
                tar.addfile(member, io.BytesIO(content.strip().encode()))


def test_the_examples_give_what_stands_below_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_files()
    assert (len(blocks("files")), len(blocks("file")), len(blocks("archive"))) == (3, 2, 2)
    found = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "data.md", "data.md", 0)
    assert len(found.examples) >= 11
    complaints: list[str] = []
    doctest.DocTestRunner().run(found, out=complaints.append)
    assert not complaints, "".join(complaints)


def test_a_split_is_as_rarely_empty_as_it_says() -> None:
    rare = {count: round(1 / (1 - SHARE) ** count, -3 if count > 50 else 0) for count in (30, 100)}
    assert f"one of {rare[30]:.0f} classes of 30 images and in one of {rare[100]:,.0f} of 100" in " ".join(TEXT.split())


@pytest.mark.parametrize("command", re.findall(r"^brickwork .*", TEXT, re.MULTILINE))
def test_the_commands_parse(command: str) -> None:
    parse(*shlex.split(command)[1:])


@pytest.mark.parametrize("word", [*PATHS, *LABELS, *SPLITS, *ENDINGS[:3]])
def test_every_name_that_is_read_is_there(word: str) -> None:
    assert f"`{word}`" in TEXT


def test_the_lines_fit_a_page() -> None:
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    assert [line for line in prose.splitlines() if len(line) > 120] == []
