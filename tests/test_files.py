import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from brickwork.errors import BrickworkError
from brickwork.files import (
    append_plain,
    cache_folder,
    is_foreign,
    make_private,
    read_plain,
    remove_partial,
    write_whole,
)


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


WRITER = """
import os, sys
from pathlib import Path
os.getpid = lambda: 7  # as in two containers
from brickwork.files import write_whole
path, number, times = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
for size in range(times):
    write_whole(path, bytes([number]) * (1000 + size))
"""


def read_while(path: Path, busy: Callable[[], bool]) -> int:
    """Reads a file as long as others write it, and how often; each time it must hold one writer's bytes alone."""
    reads = 0
    while busy():
        if path.exists():
            content = path.read_bytes()
            assert len(set(content)) == 1
            assert len(content) >= 1000
            reads += 1
    return reads


def test_eight_threads_may_write_one_file(tmp_path: Path) -> None:
    def write(number: int) -> None:
        for size in range(250):
            write_whole(tmp_path / "file", bytes([number]) * (1000 + size))

    with ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(write, number) for number in range(8)]
        assert read_while(tmp_path / "file", lambda: not all(writer.done() for writer in writers)) > 100
    assert [writer.result() for writer in writers] == [None] * 8  # raises what a writer raised
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def namespace() -> list[str]:
    """The words before a command that give it process ids of its own; none where that is not permitted."""
    for words in (["unshare", "-p", "-f"], ["unshare", "-U", "-r", "-p", "-f"]):
        if shutil.which("unshare") and not subprocess.run([*words, "true"], capture_output=True).returncode:
            return words
    return []


@pytest.mark.parametrize("apart", [False, True])
def test_two_processes_of_one_id_may_write_one_file(tmp_path: Path, apart: bool) -> None:
    words = namespace() if apart else []
    if apart and not words:
        pytest.skip("process ids of one's own are not permitted here")
    command = [*words, sys.executable, "-c", WRITER, str(tmp_path / "file")]
    both = [subprocess.Popen([*command, str(number), "1000"], stderr=subprocess.PIPE) for number in (1, 2)]
    assert read_while(tmp_path / "file", lambda: any(process.poll() is None for process in both)) > 100
    assert [(process.returncode, process.communicate()[1]) for process in both] == [(0, b"")] * 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_writer_that_fails_leaves_nothing_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "file", b"before")
    (tmp_path / "folder").mkdir()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(BrickworkError, match="folder cannot be written: Is a directory"):
        write_whole(tmp_path / "folder", b"content")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BrickworkError, match="file cannot be written: No space left on device"):
        write_whole(tmp_path / "file", b"content")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_bytes() == b"before"


def test_a_link_is_replaced_and_never_written_through(tmp_path: Path) -> None:
    (tmp_path / "canary").write_bytes(b"canary")
    for name in ("file", f".file.{os.getpid()}"):  # the second is what it was called beside its place once
        (tmp_path / name).symlink_to(tmp_path / "canary")
    write_whole(tmp_path / "file", b"content")
    assert (tmp_path / "canary").read_bytes() == b"canary"
    assert not (tmp_path / "file").is_symlink()


def test_what_is_no_plain_file_is_neither_read_nor_written(tmp_path: Path) -> None:
    (tmp_path / "canary").write_bytes(b"canary")
    (tmp_path / "link").symlink_to(tmp_path / "canary")
    (tmp_path / "nowhere").symlink_to(tmp_path / "new")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "nowhere", "pipe"):
        with pytest.raises(OSError, match=r"it is a link|it is a pipe"):
            read_plain(tmp_path / name)
        with pytest.raises(OSError, match=r"it is a link|No such device"):  # a pipe that nobody reads
            append_plain(tmp_path / name, b"more")
    assert (tmp_path / "canary").read_bytes() == b"canary"
    assert not (tmp_path / "new").exists()


def test_adding_to_a_file_of_two_names_changes_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "canary").write_bytes(b"canary")
    os.link(tmp_path / "canary", tmp_path / "notes.txt")
    for text in (b", one", b", two"):
        append_plain(tmp_path / "notes.txt", text)
    assert (tmp_path / "canary").read_bytes() == b"canary"
    assert (tmp_path / "notes.txt").read_bytes() == b"canary, one, two"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_caches_folders_are_this_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "a" / "b"))
    before = os.umask(0)
    try:
        folder = make_private("packs")
    finally:
        os.umask(before)
    assert folder == tmp_path / "a" / "b" / "packs"
    assert [mode(path) for path in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3
    folder.chmod(0o755)  # as an older version made it
    folder.parent.chmod(0o755)  # the person's own choice
    make_private("packs")
    assert (mode(folder), mode(folder.parent)) == (0o700, 0o755)


def test_a_cache_that_anybody_may_have_made_is_used_where_it_is_this_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "own")
    tmp_path.chmod(0o1777)
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "own"))
    make_private("packs")
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "link"))
    with pytest.raises(PermissionError, match="it belongs to another user, or is a link"):
        make_private("packs")
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "own"))
    monkeypatch.setattr("os.geteuid", lambda: os.stat(tmp_path).st_uid + 1)
    monkeypatch.setattr("brickwork.files.is_foreign", lambda status: status.st_uid != os.geteuid())
    with pytest.raises(PermissionError, match="it belongs to another user, or is a link"):
        make_private("packs")


def test_a_file_is_believed_where_it_is_this_users_or_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    status = os.stat_result((0o600, 1, 1, 1, 1234, 0, 0, 0, 0, 0))
    for user, foreign in ((1234, False), (1235, True), (0, True)):
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        assert is_foreign(status) is foreign
        assert not is_foreign(os.stat_result((0o600, 1, 1, 1, 0, 0, 0, 0, 0, 0)))
    monkeypatch.delattr("os.geteuid")  # Windows
    assert not is_foreign(status)


def test_a_system_without_these_flags_reads_and_writes_all_the_same(tmp_path: Path) -> None:
    text = """
import os, sys
for name in ("O_NOFOLLOW", "O_NONBLOCK", "geteuid"):
    delattr(os, name)
from pathlib import Path
from brickwork.files import append_plain, make_private, read_plain, remove_partial, write_whole
path = Path(sys.argv[1])
write_whole(path, b"one")
append_plain(path, b"two")
assert read_plain(path) == b"onetwo"
assert make_private("packs").is_dir()
os.symlink(path, path.with_name("link"))
try:
    read_plain(path.with_name("link"))
except OSError as fault:
    sys.exit("it is a link" not in str(fault))
sys.exit("a link was followed")
"""
    assert not subprocess.run([sys.executable, "-c", text, str(tmp_path / "file")]).returncode


def test_what_killed_processes_were_writing_is_removed_after_a_day(tmp_path: Path) -> None:
    names = (".brickwork-0123456789abcdef", ".brickwork-00000000000000ff", ".brickwork-mine", "file")
    for name in names:
        (tmp_path / name).write_bytes(b"half")
    for name in names[1:]:
        os.utime(tmp_path / name, (0, 0))
    remove_partial(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*names} - {names[1]}
    remove_partial(tmp_path / "none")
