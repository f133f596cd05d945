"""TIFFs: orders, planes, tiles, compressions, depths, kinds of numbers, palettes, and alpha."""

import io
import struct
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import tifffile

from encoders.case import Bytes, Case, Samples, noise, on_white, to_bytes

SIZE = (37, 29)  # height and width: no tile divides them
COMPRESSIONS = (None, "packbits", "lzw", "deflate", "adobe_deflate", "zstd", "lzma")
LAYOUTS: dict[str, dict[str, Any]] = {"strip": {}, "strips": {"rowsperstrip": 5}, "tiles": {"tile": (16, 16)}}
TYPES = {"uint8": (0, 255), "int8": (-128, 127), "uint16": (0, 65535), "int16": (-32768, 32767)}
TYPES |= {"uint32": (0, 2**32 - 1), "int32": (-(2**31), 2**31 - 1), "uint64": (0, 2**64 - 1)}
TYPES |= {"int64": (-(2**63), 2**63 - 1), "float16": (0, 1), "float32": (0, 1), "float64": (0, 1)}


def write(samples: Samples, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, metadata=None, software=False, **options)
    return file.getvalue()


def read(content: bytes) -> Samples:
    return np.asarray(tifffile.imread(io.BytesIO(content)))


def numbers(kind: str, shape: tuple[int, ...]) -> Samples:
    """Samples over the whole range of a kind of number."""
    low, _high = TYPES[kind]
    if kind.startswith("float"):
        return (noise(shape, 1 << 10) / (1 << 10)).astype(kind)
    bits = np.dtype(kind).itemsize * 8
    whole = noise(shape, (1 << bits) - 1)
    return (whole - np.uint64(low % (1 << 64))).astype(f"uint{bits}").view(kind) if low else whole.astype(kind)


def case(name: str, samples: Samples, shows: Bytes, **options: Any) -> Case:
    if options.get("planarconfig") == "separate":
        samples = np.ascontiguousarray(np.moveaxis(samples, -1, 0))
    return Case(f"tiff {name}", write(samples, **options), shows, samples, read)


def grey() -> Iterator[Case]:
    """Grey of every kind of number, black or white at zero."""
    for kind, order, (layout, shape), compression in product(TYPES, "<>", LAYOUTS.items(), COMPRESSIONS):
        samples = numbers(kind, SIZE)
        shows = to_bytes(samples, *TYPES[kind])
        for photometric in ("minisblack", "miniswhite"):
            name = f"{kind} {order} {layout} {compression} {photometric}"
            picture = shows if photometric == "minisblack" else 255 - shows
            options = {**shape, "compression": compression, "byteorder": order, "photometric": photometric}
            yield case(name, samples, picture, **options)


def depths() -> Iterator[Case]:
    """Grey of depths that no machine counts in, packed; and with a predictor."""
    for bits, order, (layout, shape), compression in product(
        (1, 2, 4, 10, 12, 14, 24), "<>", LAYOUTS.items(), (None, "lzw", "deflate")
    ):
        if (bits > 1 and (compression or layout == "tiles")) or (bits > 8 and order == ">"):
            continue  # tifffile packs none of these
        samples = noise(SIZE, (1 << bits) - 1).astype(np.uint8 if bits < 8 else np.uint16 if bits < 24 else np.uint32)
        if bits == 1:
            samples = samples.astype(bool)
        options = {**shape, "byteorder": order, "compression": compression, "photometric": "minisblack"}
        if bits > 1:
            options["bitspersample"] = bits
        yield case(
            f"{bits} bits {order} {layout} {compression}", samples, to_bytes(samples, 0, (1 << bits) - 1), **options
        )
    for kind, order, compression in product(("uint8", "uint16", "uint32", "float32"), "<>", ("lzw", "deflate")):
        samples = numbers(kind, SIZE)
        shows = to_bytes(samples, *TYPES[kind])
        options = {"byteorder": order, "compression": compression, "predictor": True, "photometric": "minisblack"}
        yield case(f"{kind} {order} {compression} predictor", samples, shows, **options)


def colour() -> Iterator[Case]:
    """Red, green and blue, in one plane or three, alone, with alpha of both kinds, and with a sample to spare."""
    extras = {"": None, "alpha": "unassalpha", "associated": "assocalpha", "spare": "unspecified"}
    kinds = ("uint8", "int8", "uint16", "int16", "uint32", "float32")
    for kind, order, planes, (layout, shape), compression, (extra, word) in product(
        kinds, "<>", ("contig", "separate"), LAYOUTS.items(), (None, "lzw", "deflate"), extras.items()
    ):
        low, high = TYPES[kind]
        samples = numbers(kind, (*SIZE, 4 if word else 3))
        if extra == "associated":
            samples[..., :3] = np.minimum(samples[..., :3], samples[..., 3:])
        shows = to_bytes(samples[..., :3], low, high)
        if extra in ("alpha", "associated"):
            shifted = samples.astype(np.longdouble) - low
            shows = on_white(shifted[..., :3], shifted[..., 3], high - low, associated=extra == "associated")
        options = {**shape, "byteorder": order, "compression": compression, "planarconfig": planes}
        if word:
            options["extrasamples"] = [word]
        yield case(
            f"rgb {extra} {kind} {order} {planes} {layout} {compression}", samples, shows, photometric="rgb", **options
        )


def grey_with_alpha() -> Iterator[Case]:
    for kind, order, planes, compression, word in product(
        ("uint8", "uint16", "float32"), "<>", ("contig", "separate"), (None, "lzw"), ("unassalpha", "assocalpha")
    ):
        samples = numbers(kind, (*SIZE, 2))
        associated = word == "assocalpha"
        if associated:
            samples[..., 0] = samples.min(axis=-1)
        shows = on_white(samples[..., 0], samples[..., 1], TYPES[kind][1], associated=associated)
        options: dict[str, Any] = {"byteorder": order, "compression": compression, "planarconfig": planes}
        options |= {"extrasamples": [word], "photometric": "minisblack"}
        yield case(f"grey {word} {kind} {order} {planes} {compression}", samples, shows, **options)


def palettes() -> Iterator[Case]:
    for bits, order, compression in product((8, 16), "<>", (None, "lzw")):
        colours = noise((3, 1 << bits), 65535, seed=bits).astype(np.uint16)
        samples = noise(SIZE, (1 << bits) - 1).astype(f"uint{bits}")
        shows = to_bytes(colours.T[samples], 0, 65535)
        options: dict[str, Any] = {"byteorder": order, "compression": compression, "colormap": colours}
        yield case(f"palette of {bits} bits {order} {compression}", samples, shows, photometric="palette", **options)
    for bits, order in product((1, 2, 4), "<>"):
        colours, samples = noise((3, 1 << bits), 65535, seed=bits), noise((16, 24), (1 << bits) - 1).astype(np.uint8)
        tags = {256: ("H", [24]), 257: ("H", [16]), 258: ("H", [bits]), 259: ("H", [1]), 262: ("H", [3])}
        tags |= {277: ("H", [1]), 278: ("H", [16]), 320: ("H", colours.ravel().tolist())}
        shows = to_bytes(colours.T[samples], 0, 65535)
        yield Case(f"tiff palette of {bits} bits {order}", by_hand(pack(samples, bits), tags, order), shows)


def pack(samples: Samples, bits: int) -> bytes:
    """Samples of 1, 2, 4 or 8 bits in bytes, the first in the highest bits; each row begins a byte."""
    planes = np.unpackbits(samples.astype(np.uint8)[..., None], axis=-1)[..., 8 - bits :]
    return np.packbits(planes.reshape(len(samples), -1), axis=-1).tobytes()


def by_hand(samples: bytes, tags: dict[int, tuple[str, list[int]]], order: str = "<") -> bytes:
    """A TIFF of one strip with these tags besides the strip's own: number, then struct's letter and values."""
    tags = {**tags, 273: ("I", [8]), 279: ("I", [len(samples)])}
    types = {"B": 1, "H": 3, "I": 4}
    end = 8 + len(samples)
    directory, beyond = struct.pack(f"{order}H", len(tags)), b""
    place = end + 2 + 12 * len(tags) + 4
    for number, (letter, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(packed) > 4:
            inside, beyond = struct.pack(f"{order}I", place + len(beyond)), beyond + packed + b"\0" * (len(packed) % 2)
        else:
            inside = packed.ljust(4, b"\0")
        directory += struct.pack(f"{order}HHI", number, types[letter], len(values)) + inside
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", end)
    return start + samples + directory + b"\0\0\0\0" + beyond


def reversed_bits() -> Iterator[Case]:
    """Fill order 2: the bits of each byte from the lowest to the highest."""
    height, width = 8, 16
    for bits in (1, 8):
        samples = noise((height, width), (1 << bits) - 1).astype(np.uint8)
        packed = np.frombuffer(pack(samples, bits), np.uint8)
        turned = np.packbits(np.unpackbits(packed[:, None], axis=1)[:, ::-1], axis=1).tobytes()
        tags = {256: ("H", [width]), 257: ("H", [height]), 258: ("H", [bits]), 259: ("H", [1]), 262: ("H", [1])}
        tags |= {266: ("H", [2]), 277: ("H", [1]), 278: ("H", [height])}
        yield Case(f"tiff fill order 2, {bits} bits", by_hand(turned, tags), to_bytes(samples, 0, (1 << bits) - 1))


def subsampled() -> Iterator[Case]:
    """YCbCr without compression, whole and at half the chroma (TIFF 6.0, section 21)."""
    height, width = 16, 24
    for across, down in ((1, 1), (2, 1), (2, 2)):
        luma = noise((height, width), 255).astype(np.uint8)
        red_blue = noise((height // down, width // across, 2), 60, seed=1).astype(np.uint8) + 98
        units = luma.reshape(height // down, down, width // across, across).transpose(0, 2, 1, 3)
        data = np.concatenate([units.reshape(*units.shape[:2], -1), red_blue], axis=-1).astype(np.uint8).tobytes()
        tags = {256: ("H", [width]), 257: ("H", [height]), 258: ("H", [8, 8, 8]), 259: ("H", [1]), 262: ("H", [6])}
        tags |= {277: ("H", [3]), 278: ("H", [height]), 530: ("H", [across, down])}
        chroma = red_blue.repeat(down, axis=0).repeat(across, axis=1).astype(float) - 128
        blue, red = chroma[..., 0], chroma[..., 1]
        rgb = np.stack([luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue], axis=-1)
        yield Case(f"tiff ycbcr {across}x{down}", by_hand(data, tags), np.round(rgb).clip(0, 255).astype(np.uint8))


def cases() -> Iterator[Case]:
    for family in (grey, depths, colour, grey_with_alpha, palettes, reversed_bits, subsampled):
        yield from family()
