"""JPEGs: grey, YCbCr, RGB, CMYK and YCCK, progressive and arithmetic."""

import base64
import io
from collections.abc import Iterator

import imagecodecs
import numpy as np
from PIL import Image

from encoders.case import Bytes, Case

SIZE = (48, 40)


def smooth(channels: int) -> Bytes:
    """A picture as photographs are, which JPEG keeps well."""
    small = np.random.default_rng(channels).integers(0, 256, (4, 4, channels), np.uint8)
    grown = [Image.fromarray(small[..., c]).resize(SIZE[::-1], Image.Resampling.BICUBIC) for c in range(channels)]
    return np.stack([np.asarray(part) for part in grown], axis=-1)


def inked(cmyk: Bytes) -> Bytes:
    """CMYK of no profile as colour: each ink takes its share, black of all."""
    ink = cmyk.astype(float) / 255
    return np.round(255 * (1 - ink[..., :3]) * (1 - ink[..., 3:])).astype(np.uint8)


def cases() -> Iterator[Case]:
    yield from colours()
    yield from inks()


def colours() -> Iterator[Case]:
    grey, colour = smooth(1)[..., 0], smooth(3)
    for progressive in (False, True):
        for name, pixels in (("grey", grey), ("colour", colour)):
            for sampling in ("4:4:4", "4:2:2", "4:2:0") if name == "colour" else ("4:4:4",):
                file = io.BytesIO()
                Image.fromarray(pixels).save(file, "JPEG", quality=92, progressive=progressive, subsampling=sampling)
                shows = imagecodecs.jpeg8_decode(file.getvalue())
                yield Case(f"jpeg {name} {sampling}{', progressive' * progressive}", file.getvalue(), shows)
    rgb = imagecodecs.jpeg8_encode(colour, level=95, colorspace="RGB", outcolorspace="RGB")
    yield Case("jpeg rgb", rgb, imagecodecs.jpeg8_decode(rgb))
    arithmetic = base64.b64decode(ARITHMETIC)
    yield Case("jpeg arithmetic", arithmetic, imagecodecs.jpeg8_decode(arithmetic))


def inks() -> Iterator[Case]:
    """CMYK and YCCK; with Adobe's mark they are stored inverted."""
    cmyk = smooth(4)
    for space in ("CMYK", "YCCK"):
        content = imagecodecs.jpeg8_encode(
            255 - cmyk, level=98, colorspace="CMYK", outcolorspace=space, subsampling="444"
        )
        stored = imagecodecs.jpeg8_decode(content, outcolorspace="CMYK")
        yield Case(f"jpeg {space}", content, inked(255 - stored))


ARITHMETIC = (  # a picture of 16 x 16, by `cjpeg -arithmetic`
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGB"
    "YUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/yQARCAAQ"
    "ABADASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/AOgHiWXMlnIgH8njjeaPnq1EhCC5whrA+3/WP8pbssDv35u4GgGgNrJAcl"
    "nmuZ3AWP/Z"
)
