"""Image headers: format, size, EXIF rotation and depth, before a pixel is decoded."""

from dataclasses import dataclass
from pathlib import PurePath

from PIL import Image

from brickwork.data.images import png
from brickwork.data.images.decode import FORMATS, TURNS, open_header, orientation
from brickwork.data.images.modes import DEEP
from brickwork.data.images.quiet import QUIET
from brickwork.data.images.sniff import START, begins_as
from brickwork.data.sources.listing import ENDINGS

SAME = {"MPO": "JPEG", "DIB": "BMP", "CUR": "ICO", "APNG": "PNG"}  # formats that go by one another's names


@dataclass(frozen=True)
class Header:
    """Header of an encoded image: its size, and what of it deserves a note."""

    pixels: int
    traits: tuple[tuple[str, str], ...]  # a rule's code, and words on this image


def read_header(name: str, content: bytes) -> Header | None:
    """Read the header of an encoded image; None for bare pixels, and for what cannot be opened."""
    if PurePath(name).suffix.lower() not in ENDINGS and begins_as(content[:START]) is None:
        return None
    try:
        with QUIET, open_header(content) as image:
            return Header(image.width * image.height, tuple(traits(name, image, content)))
    except Exception:  # damaged files raise all sorts; decoding says which
        return None


def traits(name: str, image: Image.Image, content: bytes) -> list[tuple[str, str]]:
    depth = depth_text(image)  # first: a PNG's EXIF is looked for behind its pixels, which loads them
    by_code = {
        "F107": other_format(name, image),
        "F108": is_animation(image),
        "P201": orientation(image) in TURNS,
        "P202": image.mode == "CMYK",
        "P203": image.mode in ("P", "PA"),
        "P204": image.has_transparency_data,
        "P205": depth,
        "P209": gamma_text(content),
    }
    return [(code, words if isinstance(words, str) else "") for code, words in by_code.items() if words]


def other_format(name: str, image: Image.Image) -> str:
    """The image's format where its name promises another."""
    Image.init()
    promised = Image.registered_extensions().get(PurePath(name).suffix.lower())
    if promised not in FORMATS or image.format is None:  # a drawing's or a film's name, or none
        return ""
    return "" if common(promised) == common(image.format) else f"{common(image.format)} inside"


def common(format: str) -> str:
    return SAME.get(format, format)


def gamma_text(content: bytes) -> str:
    return f"gamma {1 / gamma:.3g}" if (gamma := png.gamma(content)) else ""


def is_animation(image: Image.Image) -> bool:
    """Whether it has several frames; what cameras add to a JPEG, as previews and depth maps, is none."""
    return image.format != "MPO" and bool(getattr(image, "is_animated", False))


def depth_text(image: Image.Image) -> str:
    """The depth of pixels with more than 8 bits; colour of 16 bits shows only in how it will be unpacked."""
    if image.mode in DEEP:
        return {"F": "float", "I": "32 bits"}.get(image.mode, "16 bits")
    raw = [str(tile.args) for tile in getattr(image, "tile", [])]
    return "16 bits" if any(";16" in words for words in raw) else ""
