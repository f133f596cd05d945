"""Why decoders differ, for `decoders.py`: what is known of formats, and of files that are damaged on purpose."""

import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from brickwork.data.images import jpeg2000
from brickwork.data.images.decode import open_header, orientation

ANY, OPENCV, MAGICK = "", "OpenCV", "ImageMagick"
EIGHT_BITS_OR_SIXTEEN = (255, 65535)


@dataclass(frozen=True)
class Facts:
    """What a file says of itself, without its pixels."""

    path: Path
    content: bytes
    image: Image.Image | None  # None where Pillow does not open it

    def holds(self, *marks: bytes) -> bool:
        return any(mark in self.content for mark in marks)

    def format(self, *names: str) -> bool:
        return self.image is not None and self.image.format in names

    def mode(self, *names: str) -> bool:
        return self.image is not None and self.image.mode in names

    def tag(self, number: int) -> object:
        return getattr(self.image, "tag_v2", {}).get(number)

    @property
    def turned(self) -> bool:
        return self.image is not None and orientation(self.image) != 1


class Reason(NamedTuple):
    """Why a peer differs, where a file is such."""

    peer: str
    words: str
    fits: Callable[[Facts], bool]


def facts_of(path: Path) -> Facts:
    content = path.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Facts(path, content, open_header(content))
    except Exception:  # damaged files raise all sorts
        return Facts(path, content, None)


def reason_for(facts: Facts, peer: str, mean: float) -> str:
    """Why this peer differs, the first reason that fits; "" where none does."""
    if facts.format("AVIF", "HEIF") and peer == MAGICK and mean < 2:
        return "chroma at half the size, which libheif enlarges otherwise"
    found = (reason.words for reason in REASONS if reason.peer in (ANY, peer) and reason.fits(facts))
    return next(found, "")


def widens(facts: Facts) -> bool:
    """Whether a GIF's frame goes beyond its canvas."""
    assert facts.image
    return facts.image.size != struct.unpack_from("<HH", facts.content, 6)


def leaves_room(facts: Facts) -> bool:
    """Whether a GIF's first frame does not fill its canvas."""
    if facts.image is None or not facts.format("GIF"):
        return False
    return bool(getattr(facts.image, "tile", [])[0].extents != (0, 0, *facts.image.size))


def highest(facts: Facts) -> int:
    """The highest value that a netpbm file states: the third number that is no comment; 1 for bits."""
    lines = (line.partition(b"#")[0] for line in facts.content[:300].split(b"\n"))
    words = b" ".join(lines).split()
    return int(words[3]) if words[0] not in (b"P1", b"P4") and len(words) > 3 and words[3].isdigit() else 1


def other_depth(facts: Facts) -> bool:
    return any(each.bits not in (8, 16) for each in jpeg2000.components(facts.content))


def without_alpha(facts: Facts) -> bool:
    """Whether a TGA of 32 bits states no bits of alpha (Truevision TGA 2.0, field 5.6)."""
    return facts.format("TGA") and facts.content[16] == 32 and facts.content[17] & 15 == 0


def named(*names: str) -> Callable[[Facts], bool]:
    return lambda facts: facts.path.name in names


REASONS = (
    Reason(ANY, "XMP says how to turn it, which peers pass over", lambda f: f.turned and f.holds(b"tiff:Orientation")),
    Reason(OPENCV, "a turn that OpenCV does not know", lambda f: f.turned),
    Reason(OPENCV, "OpenCV blends the frames of an APNG", lambda f: f.format("PNG") and f.holds(b"acTL")),
    Reason(OPENCV, "OpenCV passes over a transparent grey of 16 bits", lambda f: f.mode("I;16") and f.holds(b"tRNS")),
    Reason(ANY, "the header's scale and floats above 1: OpenCV divides, ImageMagick cuts",
           lambda f: f.format("PPM") and f.mode("F")),
    Reason(OPENCV, "OpenCV does not scale netpbm's numbers by their highest",
           lambda f: f.format("PPM") and highest(f) not in EIGHT_BITS_OR_SIXTEEN),
    Reason(OPENCV, "OpenCV does not scale JPEG 2000's numbers by their depth", other_depth),
    Reason(OPENCV, "OpenCV shifts 5 bits up instead of scaling them",
           lambda f: f.format("BMP") and f.content[28:30] == b"\x10\0"),
    Reason(ANY, "OpenCV and tifffile leave associated alpha as it is", lambda f: f.tag(338) in (1, (1,))),
    Reason(ANY, "a GIF whose frame goes beyond its canvas, which Pillow widens",
           lambda f: f.format("GIF") and widens(f)),
    Reason(OPENCV, "OpenCV leaves the canvas around a GIF's first frame black, where it is clear", leaves_room),
    Reason(MAGICK, "ImageMagick gives the frame without its canvas", lambda f: f.format("GIF")),
    Reason(MAGICK, "ImageMagick gives the first picture of an icon, Pillow the largest", lambda f: f.format("ICO")),
    Reason(MAGICK, "TGA of grey and alpha, which ImageMagick takes for colours of 5 bits",
           lambda f: f.format("TGA") and f.mode("LA")),
    Reason(MAGICK, "TGA of 32 bits whose header states no alpha, which ImageMagick uses", without_alpha),
    Reason(MAGICK, "TGA of 16 bits, whose attribute Pillow takes for transparent and ImageMagick for opaque",
           lambda f: f.format("TGA") and f.content[16] == 16),
    Reason(MAGICK, "BMP without a mask for alpha, where ImageMagick takes the fourth byte for it",
           lambda f: f.format("BMP", "DIB") and f.mode("RGB") and f.content[:2] != b"BM"),
    Reason(MAGICK, "PCX of one bit, which ImageMagick inverts; its header's palette says black, then white",
           lambda f: f.format("PCX") and f.mode("1") and f.content[16:22] == b"\0\0\0\xff\xff\xff"),
    Reason(MAGICK, "old JPEG in a TIFF, of which ImageMagick shows chroma as colours", lambda f: f.tag(259) == 6),
    Reason(MAGICK, "FITS of signed numbers, of which ImageMagick cuts those below 0", lambda f: f.format("FITS")),
    Reason(ANY, "Lab, in which ours is within 9 levels of CIE's formulas", lambda f: f.mode("LAB")),
    Reason("imagecodecs", "JPEG XL of 12 bits, which imagecodecs does not scale",
           named("clusterfuzz-testcase-minimized-djxl_fuzzer-6329817929220096")),
    Reason(ANY, "damaged: runs go beyond the picture, and each decoder fills what is missing its own way",
           named("badrle.bmp")),
    Reason(ANY, "damaged: the pixels begin inside the palette", named("mmap_error.bmp")),
)  # fmt: skip
