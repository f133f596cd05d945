"""PNGs of every colour type and depth, interlaced or not, with every filter, tRNS, and the chunks around them."""

import struct
import zlib
from collections.abc import Iterator
from itertools import product

import cv2
import numpy as np

from encoders.case import Bytes, Case, Samples, noise, on_white, to_bytes
from encoders.tiffs import pack

SIZE = (37, 29)
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGB_ALPHA: (8, 16)}
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode(
    samples: Samples, colour: int, depth: int, *, interlaced: bool = False, before: bytes = b"", after: bytes = b""
) -> bytes:
    """A PNG of samples H x W x channels; `before` and `after` are chunks before and behind the pixels."""
    height, width = samples.shape[:2]
    parts = [samples[y::down, x::right] for y, x, down, right in ADAM7] if interlaced else [samples]
    data = b"".join(filtered(part, depth) for part in parts if part.size)
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    body = chunk(b"IHDR", head) + before + chunk(b"IDAT", zlib.compress(data)) + after + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def filtered(samples: Samples, depth: int) -> bytes:
    """The rows, each by the next of the five filters (PNG 3, section 9)."""
    height, step = len(samples), max(1, samples.shape[2] * depth // 8)
    packed = samples.astype(">u2").tobytes() if depth == 16 else pack(samples.reshape(height, -1), depth)
    rows = np.frombuffer(packed, np.uint8).reshape(height, -1).astype(int)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    left, corner = (np.hstack([np.zeros((height, step), int), part])[:, : rows.shape[1]] for part in (rows, above))
    guess = left + above - corner
    near = [np.abs(guess - part) for part in (left, above, corner)]
    paeth = np.where((near[0] <= near[1]) & (near[0] <= near[2]), left, np.where(near[1] <= near[2], above, corner))
    guesses = (0 * rows, left, above, (left + above) // 2, paeth)
    return b"".join(bytes([y % 5]) + (rows[y] - guesses[y % 5][y]).astype(np.uint8).tobytes() for y in range(height))


def second(content: bytes) -> Samples:
    """OpenCV's reading, in the order red, green, blue."""
    read = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert read is not None
    return read if read.ndim == 2 else read[..., [2, 1, 0, 3][: read.shape[2]]]


def shows(samples: Samples, colour: int, depth: int) -> Bytes:
    highest = (1 << depth) - 1
    if colour == GREY_ALPHA:
        return on_white(samples[..., 0], samples[..., 1], highest)
    if colour == RGB_ALPHA:
        return on_white(samples[..., :3], samples[..., 3], highest)
    return to_bytes(samples[..., 0] if colour == GREY else samples, 0, highest)


def plain() -> Iterator[Case]:
    for colour, interlaced in product((GREY, RGB, GREY_ALPHA, RGB_ALPHA), (False, True)):
        for depth in DEPTHS[colour]:
            samples = noise((*SIZE, CHANNELS[colour]), (1 << depth) - 1).astype(np.uint16)
            content = encode(samples, colour, depth, interlaced=interlaced)
            plain = colour in (RGB, RGB_ALPHA) or (colour, depth) in ((GREY, 8), (GREY, 16))  # as OpenCV keeps them
            read = second if plain else None
            name = f"png type {colour}, {depth} bits{', interlaced' * interlaced}"
            yield Case(
                name, content, shows(samples, colour, depth), samples[..., 0] if colour == GREY else samples, read
            )


def palettes() -> Iterator[Case]:
    for depth, alpha, interlaced in product(DEPTHS[PALETTE], ("", "one", "some", "all"), (False, True)):
        count = 1 << depth
        colours = noise((count, 3), 255, seed=depth).astype(np.uint8)
        opacity = np.full(count, 255, np.uint8)
        length = {"": 0, "one": 1, "some": max(1, count // 2), "all": count}[alpha]
        opacity[:length] = 0 if alpha == "one" else noise((length,), 255, seed=9) if length > 1 else 7
        before = chunk(b"PLTE", colours.tobytes()) + (chunk(b"tRNS", opacity[:length].tobytes()) if length else b"")
        samples = noise((*SIZE, 1), count - 1).astype(np.uint8)
        content = encode(samples, PALETTE, depth, interlaced=interlaced, before=before)
        picture = on_white(colours[samples[..., 0]], opacity[samples[..., 0]], 255)
        full = np.concatenate([colours, opacity[:, None]], axis=-1)[samples[..., 0]]
        name = f"png palette, {depth} bits, {alpha or 'no'} alpha{', interlaced' * interlaced}"
        yield Case(name, content, picture, full if length else colours[samples[..., 0]], second)


def transparent() -> Iterator[Case]:
    """One colour that is transparent, in grey and in colour."""
    for colour, interlaced in product((GREY, RGB), (False, True)):
        for depth in DEPTHS[colour]:
            samples = noise((*SIZE, CHANNELS[colour]), (1 << depth) - 1).astype(np.uint16)
            for place in ((0, 1), (5, 5)):
                clear = samples[place]
                near = samples.copy()
                if depth == 16:
                    near[9, 9] = clear ^ 1  # it differs in its low bits alone
                picture = shows(near, colour, depth)
                picture[(near == clear).all(axis=-1)] = 255
                before = chunk(b"tRNS", clear.astype(">u2").tobytes())
                content = encode(near, colour, depth, interlaced=interlaced, before=before)
                name = f"png type {colour}, {depth} bits, {clear.tolist()} transparent{', interlaced' * interlaced}"
                yield Case(name, content, picture)


def around() -> Iterator[Case]:
    """Large profiles and texts, before the pixels and behind them."""
    samples = noise((*SIZE, 3), 255).astype(np.uint16)
    large = bytes(range(256)) * 20_000
    chunks = {
        "profile": chunk(b"iCCP", b"a\0\0" + zlib.compress(large)),
        "profile with a wrong method": chunk(b"iCCP", b"a\0\x07" + zlib.compress(b"x")),
        "text": chunk(b"tEXt", b"Comment\0" + b"x" * 3_000_000),
        "packed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(large)),
        "long text": chunk(b"iTXt", b"Comment\0\1\0de\0\0" + zlib.compress(large)),
        "many texts": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(large[: 1 << 20])) * 70,
        "sRGB": chunk(b"sRGB", b"\0") + chunk(b"gAMA", struct.pack(">I", 45455)),
        "private": chunk(b"prVt", b"anything"),
    }
    for name, extra in chunks.items():
        if name != "private" and "profile" not in name and name != "sRGB":
            yield Case(
                f"png {name} behind", encode(samples, RGB, 8, after=extra), shows(samples, RGB, 8), samples, second
            )
        yield Case(f"png {name}", encode(samples, RGB, 8, before=extra), shows(samples, RGB, 8), samples, second)


def turned() -> Iterator[Case]:
    """eXIf with each orientation."""
    samples = noise((*SIZE, 3), 255).astype(np.uint16)
    picture = shows(samples, RGB, 8)
    turns = [picture, picture[:, ::-1], picture[::-1, ::-1], picture[::-1], picture.swapaxes(0, 1)]
    turns += [np.rot90(picture, -1), picture[::-1, ::-1].swapaxes(0, 1), np.rot90(picture)]
    for number, place in product(range(1, 9), ("before", "after")):
        exif = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHH", 1, 274, 3, 1, number, 0) + b"\0\0\0\0"
        kwargs = {place: chunk(b"eXIf", exif)}
        yield Case(
            f"png eXIf {number} {place}", encode(samples, RGB, 8, **kwargs), np.ascontiguousarray(turns[number - 1])
        )


def cases() -> Iterator[Case]:
    for family in (plain, palettes, transparent, around, turned):
        yield from family()
