"""Small images of four formats in many kinds, and what can happen to a file."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image

Chance = np.random.Generator
Make = Callable[[Image.Image], bytes]

SIZE = (48, 40)


def saved(format: str, mode: str = "RGB", **options: object) -> Make:
    """Saves a picture as this format, in this mode."""

    def made(picture: Image.Image) -> bytes:
        content = BytesIO()
        picture.convert(mode).save(content, format, **options)
        return content.getvalue()

    return made


def deep(format: str, kind: type, **options: object) -> Make:
    """Saves a grey picture in numbers of another kind."""

    def made(picture: Image.Image) -> bytes:
        content = BytesIO()
        values = np.asarray(picture.convert("L")).astype(kind) * kind(257)
        Image.fromarray(values).save(content, format, **options)
        return content.getvalue()

    return made


def frames(format: str, **options: object) -> Make:
    """Saves a picture and its mirror image as an animation."""

    def made(picture: Image.Image) -> bytes:
        content = BytesIO()
        other = [picture.transpose(Image.Transpose.ROTATE_180)]
        picture.save(content, format, save_all=True, append_images=other, **options)
        return content.getvalue()

    return made


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[274] = 6
    return exif


KINDS: dict[str, tuple[Make, ...]] = {
    "jpg": (
        saved("JPEG"), saved("JPEG", progressive=True), saved("JPEG", "L"), saved("JPEG", "CMYK"),
        saved("JPEG", exif=turned()), saved("JPEG", quality=30, subsampling=2),
    ),
    "png": (
        saved("PNG"), saved("PNG", "P"), saved("PNG", "LA"), saved("PNG", "RGBA"), saved("PNG", "1"),
        deep("PNG", np.uint16), frames("PNG"),
    ),
    "webp": (
        saved("WEBP"), saved("WEBP", lossless=True), saved("WEBP", "RGBA"), frames("WEBP"),
        saved("WEBP", exif=turned()),
    ),
    "tif": (
        saved("TIFF"), saved("TIFF", compression="tiff_lzw"), saved("TIFF", compression="tiff_adobe_deflate"),
        saved("TIFF", compression="jpeg"), saved("TIFF", "P", compression="packbits"), saved("TIFF", "LAB"),
        saved("TIFF", "1", compression="group4"), saved("TIFF", "CMYK"), deep("TIFF", np.uint16),
        deep("TIFF", np.float32), frames("TIFF", compression="tiff_lzw"),
    ),
}  # fmt: skip


def picture(chance: Chance) -> Image.Image:
    """Soft colours that no other picture has."""
    soft = Image.fromarray(chance.integers(0, 256, (5, 6, 3), np.uint8))
    return soft.resize(SIZE, Image.Resampling.BICUBIC)


def flipped(content: bytes, chance: Chance) -> bytes:
    """A few bytes are others; one in three times near the beginning, where the sizes are."""
    changed = np.frombuffer(content, np.uint8).copy()
    reach = len(changed) if chance.random() < 2 / 3 else min(100, len(changed))
    places = chance.integers(0, reach, chance.choice([1, 2, 8, 40]))
    changed[places] ^= chance.integers(1, 256, len(places)).astype(np.uint8)
    return changed.tobytes()


def cut(content: bytes, chance: Chance) -> bytes:
    """The end is missing, or everything, or a piece out of the middle."""
    start, end = sorted(chance.integers(0, len(content) + 1, 2).tolist())
    return content[:start] if chance.random() < 0.5 else content[:start] + content[end:]


def swapped(content: bytes, chance: Chance) -> bytes:
    """Two stretches have changed places."""
    a, b, c, d = sorted(chance.integers(0, len(content) + 1, 4).tolist())
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def mended(content: bytes, chance: Chance) -> bytes:
    """Bytes are others, and a PNG's sums fit them, so that they are believed."""
    changed = flipped(content, chance)
    if not content.startswith(b"\x89PNG"):
        return changed
    parts, at = [content[:8]], 8
    while at + 12 <= len(content):
        length = struct.unpack(">I", content[at : at + 4])[0]
        inside = changed[at + 4 : at + 8 + length] if length < len(content) else b""
        parts += [content[at : at + 4], inside, struct.pack(">I", zlib.crc32(inside))]
        at += 12 + length
    return b"".join(parts)


HARMS = (flipped, cut, swapped, mended)


def harmed(content: bytes, chance: Chance) -> bytes:
    """The content after one or two harms; another than before."""
    while True:
        after = content
        for _ in range(chance.integers(1, 3)):
            after = HARMS[chance.integers(len(HARMS))](after, chance) if after else after
        if after != content:
            return after
