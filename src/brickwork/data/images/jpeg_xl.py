"""The head of a JPEG XL codestream: its size and orientation, before anything is decoded (ISO/IEC 18181-1, annex D)."""

from brickwork.data.images.readers import CODESTREAM, CONTAINER

SIDES = (9, 13, 18, 30)  # bits of a side less one, by a selector of two bits
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
    bits = Bits(codestream(content)[2:34])
    small = bits.take(1)
    height = side(bits, small)
    ratio = bits.take(3)
    width = side(bits, small) if ratio == 0 else height * RATIOS[ratio][0] // RATIOS[ratio][1]
    orientation = 1
    if not bits.take(1) and bits.take(1):  # neither all as by default, nor without the extra fields
        orientation += bits.take(3)
    return width, height, orientation


def side(bits: Bits, small: int) -> int:
    return 8 * (1 + bits.take(5)) if small else 1 + bits.take(SIDES[bits.take(2)])


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
