import errno
import os
from pathlib import Path

import pytest

from brickwork.files import cache_folder, write_whole


def test_a_disk_that_knows_no_syncing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(handle: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("os.fsync", refused)
    write_whole(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_where_no_home_is_known_caches_lie_in_a_stated_place_and_never_in_a_folder_called_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(user: int) -> None:
        raise KeyError(user)

    for name in ("HOME", "BRICKWORK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    place = tmp_path / f"brickwork-{os.getuid()}"
    assert cache_folder() == place
    for own in ("~/mine", "~"):
        monkeypatch.setenv("BRICKWORK_CACHE", own)
        assert cache_folder() == place
    monkeypatch.delenv("BRICKWORK_CACHE")
    monkeypatch.setenv("HOME", "relative")
    assert cache_folder() == place
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("BRICKWORK_CACHE", "~/mine")
    assert cache_folder() == Path("/home/me/mine")
    monkeypatch.delenv("BRICKWORK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache_folder() == Path("/home/me/.cache/brickwork")
