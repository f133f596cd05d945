"""The head of a JPEG XL codestream: size, orientation, animation, before it is decoded (ISO/IEC 18181-1, annex D)."""

from brickwork.data.images.readers import CODESTREAM, CONTAINER

SIDES = (9, 13, 18, 30)  # bits of a side less one, by a selector of two bits
EIGHTHS = ((16, 0), (32, 0), (1, 5), (33, 9))  # of a preview: the least, and the bits of what is added
PREVIEWS = ((1, 6), (65, 8), (321, 10), (1345, 12))
RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}  # width to height


class Bits:
    """Bits from the lowest of each byte on."""

    def __init__(self, content: bytes) -> None:
        self.value = int.from_bytes(content, "little")

    def take(self, count: int) -> int:
        taken = self.value & ((1 << count) - 1)
        self.value >>= count
        return taken


def jpeg_xl_head(content: bytes) -> tuple[int, int, int]:
    """Width and height as they are stored, and the orientation from 1 to 8 that the decoder itself applies."""
    return read_head(content)[:3]


def is_animated(content: bytes) -> bool:
    return read_head(content)[3]


def read_head(content: bytes) -> tuple[int, int, int, bool]:
    bits = Bits(codestream(content)[2:62])
    width, height = size(bits)
    if bits.take(1) or not bits.take(1):  # all as by default, or without the extra fields
        return width, height, 1, False
    orientation = 1 + bits.take(3)
    if bits.take(1):
        size(bits)  # at which it should be shown
    if bits.take(1):
        size(bits, preview=True)
    return width, height, orientation, bool(bits.take(1))


def size(bits: Bits, preview: bool = False) -> tuple[int, int]:
    """Width and height; of which the width may be a ratio."""
    small = bits.take(1)
    measure = preview_side if preview else side
    height = measure(bits, small)
    ratio = bits.take(3)
    return measure(bits, small) if ratio == 0 else height * RATIOS[ratio][0] // RATIOS[ratio][1], height


def side(bits: Bits, small: int) -> int:
    return 8 * (1 + bits.take(5)) if small else 1 + bits.take(SIDES[bits.take(2)])


def preview_side(bits: Bits, small: int) -> int:
    start, count = (EIGHTHS if small else PREVIEWS)[bits.take(2)]
    return (8 if small else 1) * (start + bits.take(count))


def codestream(content: bytes) -> bytes:
    """The first bytes of the codestream, bare or in its box; b"" where there is none."""
    if content.startswith(CODESTREAM):
        return content[:64]
    place = len(CONTAINER)
    while content.startswith(CONTAINER) and place + 8 <= len(content):
        length, kind, head = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8], 8
        if length == 1:
            length, head = int.from_bytes(content[place + 8 : place + 16], "big"), 16
        if kind in (b"jxlc", b"jxlp"):
            start = place + head + (4 if kind == b"jxlp" else 0)
            return content[start : start + 64]
        if length < head:
            return b""
        place += length
    return b""
