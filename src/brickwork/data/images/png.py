"""PNG chunks that Pillow passes over, or stumbles over: sBIT, gAMA, large profiles and texts."""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_TEXT = 1 << 20  # bytes of a text once inflated, which is where Pillow refuses the image
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
KEPT = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0")  # the texts that may hold an orientation
SRGB = (40_000, 50_000)  # gAMA between these is that of sRGB, 1/2.2, in 100,000ths


class Chunk(NamedTuple):
    """A chunk's place in the file, from its length to its checksum."""

    kind: bytes
    start: int
    end: int

    def data(self, content: bytes) -> bytes:
        return content[self.start + 8 : self.end - 4]


def is_png(content: bytes) -> bool:
    return content.startswith(SIGNATURE)


def chunks(content: bytes) -> Iterator[Chunk]:
    """The chunks in their order, as far as they are whole."""
    start = len(SIGNATURE)
    while is_png(content) and start + 12 <= len(content):
        end = start + 12 + int.from_bytes(content[start : start + 4], "big")
        if end > len(content):
            return
        yield Chunk(content[start + 4 : start + 8], start, end)
        start = end


def drop_bulk(content: bytes) -> bytes:
    """The PNG without colour profiles and texts: no pixel needs them, and Pillow refuses images for their size."""
    dropped = [chunk for chunk in chunks(content) if is_bulk(chunk, content)]
    kept, place = [], 0
    for chunk in dropped:
        kept.append(content[place : chunk.start])
        place = chunk.end
    return b"".join([*kept, content[place:]]) if dropped else content


def is_bulk(chunk: Chunk, content: bytes) -> bool:
    data = chunk.data(content)
    if chunk.kind not in TEXTS or not data.startswith(KEPT):
        return chunk.kind in (b"iCCP", *TEXTS)
    return len(data) > MAX_TEXT or inflates_beyond(zlib_stream(chunk.kind, data))


def zlib_stream(kind: bytes, data: bytes) -> bytes:
    """What is compressed of a text; b"" where nothing is."""
    rest = data.partition(b"\0")[2]
    if kind == b"zTXt":
        return rest[1:]
    return rest[2:].split(b"\0", 2)[-1] if kind == b"iTXt" and rest[:1] == b"\1" else b""


def inflates_beyond(data: bytes) -> bool:
    """Whether this is a zlib stream of more than is allowed; no more than that is inflated."""
    try:
        return len(zlib.decompressobj().decompress(data, MAX_TEXT + 1)) > MAX_TEXT
    except zlib.error:
        return False


def find(content: bytes, kind: bytes) -> bytes:
    """The data of the first chunk of a kind that comes before the pixels; b"" where there is none."""
    for chunk in chunks(content):
        if chunk.kind == b"IDAT":
            break
        if chunk.kind == kind:
            return chunk.data(content)
    return b""


def bit_depth(content: bytes) -> int:
    """Bits of a sample, as the header has it; 0 for what is no PNG."""
    return content[24] if is_png(content) and len(content) > 24 else 0


def significant_bits(content: bytes) -> int:
    """The largest of sBIT's numbers for colours, without alpha; 0 where it is silent (PNG 3, 11.3.2.7)."""
    data = find(content, b"sBIT")
    return max(data[:-1] if len(data) in (2, 4) else data, default=0)


def gamma(content: bytes) -> float:
    """The gamma that a PNG states, where it is another than sRGB's; 0 otherwise."""
    stated = int.from_bytes(find(content, b"gAMA"), "big")
    plain = not stated or SRGB[0] <= stated <= SRGB[1] or find(content, b"sRGB") or find(content, b"iCCP")
    return 0.0 if plain else 100_000 / stated
