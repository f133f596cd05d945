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
PADDING = 1 << 24  # bytes after the end mark that are looked at: a file of holes has any number of zeros
OCTAL = re.compile(rb"[\0 ]*([0-7]*)[\0 ]*")
DECIMAL = re.compile("[0-9]{1,19}")  # of a size: the largest file of any system has no more
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
        if kind in FILE and "size" in own:
            size = decimal_number(own["size"], at)
        start = at + BLOCK
        at = start if kind in WITHOUT_DATA else start + -(-size // BLOCK) * BLOCK  # always onwards
        if start + size > end:
            raise Damaged(f"is cut in the member that begins at byte {start - BLOCK:,}")
        if kind in (LONG_NAME, PAX):
            own |= pax_header(kind, own_data(file, start, size))
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
    """Octal digits and nothing else, or where the first byte is 128, the bytes of the number itself; 0 where blank."""
    if digits[:1] == b"\x80":
        return int.from_bytes(digits[1:], "big")
    found = OCTAL.fullmatch(digits)
    if not found:  # also where the number itself is below zero, which begins with the byte 255
        raise Damaged(f"is damaged at byte {at:,}")
    return int(found[1] or b"0", 8)


def decimal_number(digits: str, at: int) -> int:
    """The size that an extended header states in decimal digits."""
    if not DECIMAL.fullmatch(digits):
        raise Damaged(f"is damaged before byte {at:,}: it states no size there")
    return int(digits)


def own_data(file: BinaryIO, start: int, size: int) -> bytes:
    """What an extended header holds; raises Damaged for more than any name needs."""
    if size > LONGEST:
        raise Damaged(f"has a header of {size:,} bytes at byte {start - BLOCK:,}, more than any name needs")
    return content(file, start, size)


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
    for _ in range(PADDING >> 16):
        if any(file.read(1 << 16)):
            raise Damaged(f"goes on after its end mark at byte {at:,}")
