"""JPEG 2000 of each depth, grey and colour, with alpha, signed, bare and in its boxes, with a palette."""

import struct
from collections.abc import Iterator
from itertools import product

import imagecodecs
import numpy as np

from encoders.case import Case, Samples, noise, on_white, to_bytes

SIZE = (37, 29)
DEPTHS = (1, 2, 4, 7, 8, 9, 10, 12, 15, 16)


def encode(samples: Samples, bits: int, container: str) -> bytes:
    made: bytes = imagecodecs.jpeg2k_encode(
        samples, level=0, reversible=True, bitspersample=bits, codecformat=container, mct=False
    )
    return made


def plain() -> Iterator[Case]:
    for container, channels, bits, signed in product(("jp2", "j2k"), (1, 2, 3, 4), DEPTHS, (False, True)):
        highest, low = (1 << bits) - 1, -(1 << (bits - 1)) if signed else 0
        values = noise((*SIZE, channels), highest, seed=bits).astype(np.int64)
        kind = f"{'int' if signed else 'uint'}{8 if bits <= 8 else 16}"
        samples = np.squeeze(values + low).astype(kind)
        colours, alpha = (values[..., :-1], values[..., -1]) if channels in (2, 4) else (values, None)
        shows = to_bytes(colours, 0, highest) if alpha is None else on_white(colours, alpha, highest)
        yield Case(
            f"{container} of {channels} channels, {bits} bits{', signed' * signed}",
            encode(samples, bits, container),
            np.squeeze(shows),
            samples,
            imagecodecs.jpeg2k_decode,
        )


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def palettes() -> Iterator[Case]:
    """Boxes pclr and cmap (ISO/IEC 15444-1, I.5.3) behind ihdr and colr."""
    for bits in (1, 2, 4, 8):
        colours = noise((1 << bits, 3), 255, seed=bits).astype(np.uint8)
        samples = noise(SIZE, (1 << bits) - 1).astype(np.uint8)
        content = encode(samples, bits, "jp2")
        head = content.index(b"jp2h") - 4
        stop = head + int.from_bytes(content[head : head + 4], "big")
        size = box(b"ihdr", struct.pack(">IIHBBBB", *SIZE, 1, bits - 1, 7, 0, 0))
        table = box(b"pclr", struct.pack(">HB3B", len(colours), 3, 7, 7, 7) + colours.tobytes())
        use = box(b"cmap", b"".join(struct.pack(">HBB", 0, 1, column) for column in range(3)))
        boxes = size + box(b"colr", struct.pack(">BBBI", 1, 0, 0, 16)) + table + use
        yield Case(
            f"jp2 with a palette of {bits} bits",
            content[:head] + box(b"jp2h", boxes) + content[stop:],
            colours[samples],
        )


def cases() -> Iterator[Case]:
    yield from plain()
    yield from palettes()
