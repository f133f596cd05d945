"""Archives as Python's own tarfile writes them, and what is said of those that were cut or damaged."""

import contextlib
import io
import os
import random
import tarfile
from pathlib import Path

import pytest

from brickwork.data.sources.tar import BLOCK, Damaged, Member, tar_members

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
SHORT = {"0001.jpg": b"x" * 1300, "0001.cls": b"7", "./deep/0002.jpg": b"", "deep/0002.cls": b"y" * 512}
LONG = {f"{'a' * 60}/{'b' * 90}/{i}.jpg": bytes([i]) * i for i in range(3)}
STRANGE = {"käfer/\udce9.jpg": b"1", "b" * 300: b"22", "0003.jpg": b"333"}


def archive(files: dict[str, bytes], form: str = "pax", mtime: float = 0) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=FORMATS[form]) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), mtime  # type: ignore[assignment]  # WebDataset writes fractions
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


def read(data: bytes) -> dict[str, bytes]:
    return {each.name: data[each.offset : each.offset + each.size] for each in tar_members(io.BytesIO(data))}


def upto(data: bytes) -> tuple[list[Member], str]:
    """The members before the damage, and its words."""
    found: list[Member] = []
    with pytest.raises(Damaged) as caught:
        found.extend(tar_members(io.BytesIO(data)))  # extend keeps what came before the exception
    return found, str(caught.value)


@pytest.mark.parametrize(("form", "files"), [("ustar", SHORT), ("ustar", LONG), ("gnu", SHORT | LONG | STRANGE)])
@pytest.mark.parametrize("pax", [False, True])
def test_the_files_are_those_that_were_written(form: str, files: dict[str, bytes], pax: bool) -> None:
    assert read(archive(files, "pax" if pax else form)) == files


def test_what_a_pax_header_says_beside_a_path_is_passed_over() -> None:
    assert read(archive(SHORT | LONG, mtime=12.5)) == SHORT | LONG


def test_folders_and_links_are_passed_over() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, kind in (("deep", tarfile.DIRTYPE), ("link.jpg", tarfile.SYMTYPE), ("hard.jpg", tarfile.LNKTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "1.jpg"
            tar.addfile(member)
        tar.addfile(tarfile.TarInfo("1.jpg"))
    assert read(file.getvalue()) == {"1.jpg": b""}


def test_a_size_that_is_too_large_for_octal_digits_is_read() -> None:
    member = tarfile.TarInfo("1.jpg")
    member.size = 9 * 1024**3
    found, words = upto(member.tobuf(tarfile.GNU_FORMAT) + bytes(BLOCK))
    assert (found, words) == ([], "is cut in the member that begins at byte 0")


@pytest.mark.parametrize("form", FORMATS)
def test_an_archive_that_was_cut_anywhere_gives_the_files_before_the_cut(form: str) -> None:
    whole = archive(SHORT, form)
    ends = [each.offset + each.size for each in tar_members(io.BytesIO(whole))]
    for length in range(0, len(whole) - tarfile.RECORDSIZE + 4 * BLOCK, 61):
        if length >= -(-ends[-1] // BLOCK) * BLOCK + BLOCK:  # the first zeros of the end mark are there
            break
        found, words = upto(whole[:length])
        assert len(found) >= sum(end <= length - BLOCK for end in ends)
        assert all(each.offset + each.size <= length for each in found)
        assert "cut" in words


def test_a_flipped_bit_in_a_header_is_found() -> None:
    whole = archive(SHORT)
    second = next(each for each in tar_members(io.BytesIO(whole)) if each.name == "0001.cls").offset - BLOCK
    for place in (0, 100, 124, 130, 148, 156, 257):
        for bit in (0, 3, 7):
            damaged = bytearray(whole)
            damaged[second + place] ^= 1 << bit
            found, words = upto(bytes(damaged))
            assert [each.name for each in found] == ["0001.jpg"]
            assert words == f"is damaged at byte {second:,}"


def test_archives_that_were_joined_are_read_up_to_the_first_ones_end() -> None:
    found, words = upto(archive({"1.jpg": b"1"}) + archive({"2.jpg": b"2"}))
    assert [each.name for each in found] == ["1.jpg"]
    assert words == "goes on after its end mark at byte 1,024"


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x1f\x8b" + bytes(600), b"x" * 2000])
def test_what_is_no_archive_gives_nothing(data: bytes) -> None:
    assert upto(data)[0] == []


def test_a_size_that_is_left_blank_is_zero() -> None:
    header = bytearray(tarfile.TarInfo("deep/").tobuf(tarfile.USTAR_FORMAT))
    header[124:136] = b" " * 11 + b"\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert read(bytes(header) + archive({"1.jpg": b"x"})) == {"deep/": b"", "1.jpg": b"x"}


# Archives that somebody made so that reading them does harm


def header(size: bytes, kind: bytes = tarfile.REGTYPE, name: str = "evil.jpg") -> bytes:
    """A header whose sum is right, whatever its size field has."""
    made = bytearray(tarfile.TarInfo(name).tobuf(tarfile.USTAR_FORMAT))
    made[124:136], made[156:157], made[148:156] = size.ljust(12, b"\0"), kind, b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def record(key: bytes, value: bytes) -> bytes:
    """A record of a pax header, which begins with its own length."""
    length = len(key) + len(value) + 3
    while len(made := b"%d %s=%s\n" % (length, key, value)) != length:
        length = len(made)
    return made


FIRST = archive({"1.jpg": b"1"}, "ustar")[: 2 * BLOCK]


@pytest.mark.parametrize(
    "size",
    [
        b"-1000", b"-1", b"-0000000001", b"+1000", b"0o777", b"0_001000", b"1e3", b"nan", b"inf", b"00000000008",
        b"0x10", b"10 10", b"\xff" * 12, b"\xff" + bytes(10) + b"\x04", b"\x81" + bytes(11), b"\xe0" + bytes(11),
        "\uff17".encode(), b"1.5", b"\t10", b"10\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [b"0", b"\0", b"L", b"x", b"5", b"g"])
def test_a_size_is_octal_digits_and_nothing_else(size: bytes, kind: bytes) -> None:
    found, words = upto(FIRST + header(size, kind) + FIRST * 4 + bytes(2 * BLOCK))
    assert ([each.name for each in found], words) == (["1.jpg"], "is damaged at byte 1,024")


@pytest.mark.parametrize("size", [b"7" * 12, b"\x80" + b"\xff" * 11, b"\x80" + bytes(3) + b"\x7f" + bytes(7)])
def test_a_size_beyond_the_archives_end_is_a_cut(size: bytes) -> None:
    found, words = upto(FIRST + header(size) + bytes(2 * BLOCK))
    assert (len(found), words) == (1, "is cut in the member that begins at byte 1,024")


def test_a_size_in_bytes_of_the_number_itself_is_read_where_it_fits() -> None:
    whole = (
        FIRST + header(b"\x80" + bytes(10) + b"\x05", name="2.jpg") + b"hello".ljust(BLOCK, b"\0") + bytes(2 * BLOCK)
    )
    assert read(whole) == {"1.jpg": b"1", "2.jpg": b"hello"}


@pytest.mark.parametrize("size", ["-1000", "9" * 5000, "9" * 20, "٣", "1e3", "nan", " 5", "0x5", ""])
def test_a_size_of_a_pax_header_is_decimal_digits_and_nothing_else(size: str) -> None:
    extended = record(b"size", size.encode())
    padded = extended.ljust(-(-len(extended) // BLOCK) * BLOCK, b"\0")
    found, words = upto(FIRST + header(b"%011o" % len(extended), b"x") + padded + header(b"0") + bytes(2 * BLOCK))
    assert len(found) == 1
    assert words == f"is damaged before byte {3 * BLOCK + len(padded):,}: it states no size there"


class Counted(io.FileIO):
    """A file that counts the bytes that are read from it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        got = super().read(size) or b""
        self.count += len(got)
        return got


@pytest.mark.parametrize(
    ("beginning", "words"),
    [
        (FIRST + bytes(2 * BLOCK), ""),
        (FIRST + header(b"\x80" + bytes(6) + b"\x08" + bytes(4)), ""),
        (FIRST + header(b"%011o" % (1 << 30), b"L"), "has a header of 1,073,741,824 bytes at byte 1,024"),
    ],
    ids=["behind the end mark", "a member", "a name"],
)
def test_a_file_of_holes_is_not_read_through(tmp_path: Path, beginning: bytes, words: str) -> None:
    path = tmp_path / "holes.tar"
    path.write_bytes(beginning)
    os.truncate(path, 1 << 36)  # 64 GB that take no place on the disk
    with Counted(path) as file:
        with pytest.raises(Damaged, match=words) if words else contextlib.nullcontext():
            assert len(list(tar_members(file))) == (2 if b"\x08" in beginning else 1)  # type: ignore[arg-type]
        assert file.count < 20_000_000


def test_every_step_through_a_changed_archive_leads_onwards() -> None:
    """Fields of headers are filled by chance, and their sums made right again."""
    chance = random.Random(4)
    whole = archive(SHORT | LONG, "gnu") + bytes(BLOCK)
    starts = [at for at in range(0, len(whole), BLOCK) if whole[at + 257 : at + 262] == b"ustar"]
    signs = b"01234567-+ _x.\0\x80\xff"
    for _ in range(2_000):
        made = bytearray(whole)
        at = chance.choice(starts)
        for _ in range(chance.randint(1, 12)):
            made[at + chance.choice([*range(124, 136), 156])] = chance.choice(signs)
        made[at + 148 : at + 156] = b" " * 8
        made[at + 148 : at + 156] = b"%06o\0 " % sum(made[at : at + BLOCK])
        found: list[Member] = []
        with contextlib.suppress(Damaged):
            found.extend(tar_members(io.BytesIO(bytes(made))))
        assert [each.offset for each in found] == sorted({each.offset for each in found})
        assert all(0 <= each.size <= len(made) - each.offset for each in found)
