"""Archives as Python's own tarfile writes them, and what is said of those that were cut or damaged."""

import io
import tarfile

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
