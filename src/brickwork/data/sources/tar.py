"""Tar archives, as the places of their files: POSIX.1-1988's ustar with GNU's long names, POSIX.1-2001's pax headers.

Python's own tarfile takes four times as long, and takes a damaged header for the archive's end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from brickwork.errors import BrickworkError

BLOCK = 512
ZEROS = bytes(BLOCK)
FILE, LONG_NAME, PAX = (b"0", b"\0", b"7"), b"L", b"x"
WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")  # links, devices, folders: whatever their size says
LONGEST = 1 << 20  # bytes of a header's own data
RECORD = re.compile(rb"([0-9]+) ([^=]+)=")  # its length in all, and its key; the value ends with a line end


class Damaged(BrickworkError):
    """An archive that cannot be read on from some place."""


@dataclass(frozen=True, slots=True)
class Member:
    """Member of an archive: a file, and where its bytes lie."""

    name: str
    offset: int  # where its bytes begin
    size: int


def tar_members(file: BinaryIO) -> Iterator[Member]:
    """The files of an archive in their order; raises Damaged where it goes on otherwise than as a tar, or was cut."""
    end = file.seek(0, 2)
    at = 0
    own: dict[str, str] = {}  # what an extended header says of the next member
    while (header := read_block(file, at, end)) != ZEROS:
        size, kind = header_size(header, at), header[156:157]
        if kind in FILE and own.get("size", "").isdecimal():
            size = int(own["size"])
        start = at + BLOCK
        at = start if kind in WITHOUT_DATA else start + -(-size // BLOCK) * BLOCK
        if start + size > end:
            raise Damaged(f"is cut in the member that begins at byte {start - BLOCK:,}")
        if kind in (LONG_NAME, PAX):
            own |= pax_header(kind, content(file, start, min(size, LONGEST)))
            continue
        if kind in FILE:
            yield Member(own.get("path") or member_name(header), start, size)
        own = {}
    check_rest(file, at)


def read_block(file: BinaryIO, at: int, end: int) -> bytes:
    block = content(file, at, BLOCK)
    if len(block) < BLOCK:
        raise Damaged(f"ends at byte {end:,} without an end mark: it may have been cut")
    return block


def content(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)


def header_size(header: bytes, at: int) -> int:
    """The size that a header states; raises Damaged where its sum is another."""
    total = sum(header) - sum(header[148:156]) + 8 * 32  # the sum itself counts as blanks
    stated = octal_number(header[148:156], at)
    if stated != total and stated != total - 256 * sum(byte > 127 for byte in header[:148] + header[156:]):
        raise Damaged(f"is damaged at byte {at:,}")
    return octal_number(header[124:136], at)


def octal_number(digits: bytes, at: int) -> int:
    """Octal digits, or where the first bit is set, the bytes of the number itself."""
    if digits[:1] >= b"\x80":
        return int.from_bytes(digits[1:], "big")
    try:
        return int(digits.strip(b"\0 ") or b"0", 8)
    except ValueError:
        raise Damaged(f"is damaged at byte {at:,}") from None


def member_name(header: bytes) -> str:
    name = header[:100].partition(b"\0")[0]
    if header[257:263] == b"ustar\0" and (prefix := header[345:500].partition(b"\0")[0]):
        name = prefix + b"/" + name
    return name.decode(errors="surrogateescape")


def pax_header(kind: bytes, data: bytes) -> dict[str, str]:
    """The "path" and the "size" that an extended header gives the next member."""
    if kind == LONG_NAME:
        return {"path": data.partition(b"\0")[0].decode(errors="surrogateescape")}
    fields: dict[str, str] = {}
    at = 0
    while record := RECORD.match(data, at):
        end = at + int(record[1][:9])
        if record[2] in (b"path", b"size"):
            fields[record[2].decode()] = data[record.end() : end - 1].decode(errors="surrogateescape")
        at = max(end, record.end())
    return fields


def check_rest(file: BinaryIO, at: int) -> None:
    """Raises Damaged where something other than zeros follows the end mark, as in archives that were joined."""
    file.seek(at)
    while more := file.read(1 << 16):
        if any(more):
            raise Damaged(f"goes on after its end mark at byte {at:,}")
