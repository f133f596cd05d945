"""Addresses: what is opened, and that fsspec sees nothing else."""

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from brickwork.data import address as addresses
from brickwork.data import open_data
from brickwork.data.address import PROTOCOLS, check_address, check_fsspec
from brickwork.data.sources import shards
from brickwork.errors import BrickworkError

HOSTILE = [
    "reference://::/tmp/ref.json/a.tar", "reference:///tmp/a.tar", "memory://a.tar", "simplecache::https://h/a.tar",
    "filecache::file:///a.tar", "zip://a.tar::https://h/b.zip", "https://h/a.zip::reference://x.tar", "github://o:r@/a.tar",
    "ssh://h/a.tar", "sftp://h/a.tar", "ftp://h/a.tar", "smb://h/a.tar", "hdfs://h/a.tar", "dask://h/a.tar",
    "local://a.tar", "git://a.tar", "data:///a.tar", "hf://datasets/o/n/a.tar", "gcs://b/a.tar", "abfs://b/a.tar",
    "s3a://b/a.tar", "HTTPS://h/a.tar", " https://h/a.tar", "://a.tar", "python://os.tar", "dir://a.tar", "tar://a.tar",
    "jupyter://h/a.tar", "webhdfs://h/a.tar", "asynclocal:///a.tar", "https ://h/a.tar", "file::https://h/a.tar",
    "https\u202e://h/a.tar", "reference://{a,b}.tar", "{reference,https}://a.tar", "[r]eference://*.tar", "x://y://a.tar",
]  # fmt: skip


class Seen(Exception):
    """What fsspec's stand-in raises, so that nothing is opened."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What fsspec was asked for."""
    import fsspec.core

    places: list[str] = []

    def url_to_fs(place: str) -> object:
        places.append(place)
        raise Seen(place)

    monkeypatch.setattr(fsspec.core, "url_to_fs", url_to_fs)
    return places


@pytest.mark.parametrize("place", HOSTILE)
def test_fsspec_is_never_asked_for_what_is_not_on_the_list(
    place: str, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BrickworkError) as caught:
        open_data(place)
    assert str(caught.value).isprintable()
    for call in (shards.system_of, shards.canonical_address, lambda given: shards.read_part(given, 0, 9)):
        if "://" in place:
            with pytest.raises(BrickworkError, match="is not opened: addresses begin with file://, http://, https://"):
                call(place)
    with pytest.raises(BrickworkError), shards.open_shard(place):
        pass
    assert not asked


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_on_the_list_reaches_fsspec(protocol: str, asked: list[str]) -> None:
    with pytest.raises(BrickworkError, match="cannot be read"):
        open_data(f"{protocol}://place/a.tar")
    assert asked == [f"{protocol}://place/a.tar"]


def test_an_address_that_is_refused_leaves_fsspec_unimported(tmp_path: Path) -> None:
    code = (
        "import sys; from brickwork.data import open_data\n"
        "try: open_data(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__)\n"
        "print('fsspec' in sys.modules)"
    )
    command = [sys.executable, "-c", code, "reference://::/x.json/a.tar"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert ran.stdout.split() == ["BrickworkError", "False"]


def test_matches_in_a_listing_are_judged_again(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A page at an address may list what it likes."""

    class Listing:
        def unstrip_protocol(self, path: str) -> str:
            return path

        def glob(self, path: str) -> list[str]:
            return ["reference://evil.tar"]

    real = shards.system_of
    monkeypatch.setattr(
        shards, "system_of", lambda place: (Listing(), place) if place.startswith("https://h/") else real(place)
    )
    with pytest.raises(BrickworkError, match=r"reference://evil.tar is not opened"):
        open_data("https://h/*.tar")
    assert not asked


@pytest.mark.parametrize("found", ["2024.6.0", "2026.2.0", "2026.4.0", "2026.5.9", "0.9.0"])
def test_an_fsspec_that_runs_code_is_refused(found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "version", lambda name: found)
    with pytest.raises(BrickworkError, match=f"fsspec {found} can run code that stands in data: pip install"):
        check_fsspec()


@pytest.mark.parametrize("found", ["2026.6.0", "2026.9.0", "2027.1", "2026.10.0rc1"])
def test_an_fsspec_that_runs_none_is_used(found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "version", lambda name: found)
    check_fsspec()


def test_without_fsspec_the_line_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(addresses, "version", missing)
    with pytest.raises(BrickworkError, match=r"pip install 'brickwork\[address\]'"):
        check_fsspec()


def test_the_extras_ask_for_an_fsspec_that_runs_no_code() -> None:
    least = f"fsspec>={'.'.join(map(str, addresses.SAFE))}"
    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert least in extras["address"]
    assert least in extras["huggingface"]


def test_an_address_is_named_safely_and_briefly() -> None:
    with pytest.raises(BrickworkError) as caught:
        check_address(f"x\x1b[31m\u202e://{'a' * 5000}.tar")
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
