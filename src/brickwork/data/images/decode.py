"""From an image's file to upright pixels, or to one plain reason why not."""

import io
import os
import stat
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from brickwork.data.images import jpeg2000, png
from brickwork.data.images.deep import Range
from brickwork.data.images.fits import from_fits
from brickwork.data.images.jpeg_xl import is_animated, jpeg_xl_head
from brickwork.data.images.modes import to_grey_or_rgb
from brickwork.data.images.quiet import QUIET, silence
from brickwork.data.images.readers import JPEG_XL, MissingReader, Reader, Unsupported, reader_for
from brickwork.data.images.sniff import START, begins_as, foreign_reason
from brickwork.data.images.tiff import mend, unknown_kind
from brickwork.data.images.wide import needs_samples, to_grey_or_rgb_from_wide
from brickwork.data.names import printable
from brickwork.errors import BrickworkError

MAX_PIXELS = 178_956_970  # where Pillow itself refuses: half a gigabyte of red, green and blue
LARGE = 64_000_000  # pixels: larger images are decoded one at a time, whatever the number of threads
MAX_SCANNED = 20 * MAX_PIXELS  # pixels times scans of a JPEG, some 6 s; encoders write up to a dozen scans
MAX_SLOW = 8_000_000  # pixels of a format that Pillow decodes in Python, at some microseconds each
MAX_BYTES = 1 << 30  # of a file; it is read whole, as its sum is taken
COLOUR_PFM = b"PF\n"  # how one begins
RAW_MODE = "unknown raw mode for given image mode"  # what Pillow says of a layout that it does not know
SCAN = b"\xff\xda"  # begins a scan of a JPEG
FORMATS = (  # tried in this order; Pillow's own depends on what it has read before
    "JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "ICO", "ICNS", "CUR", "DIB", "PSD", "DDS",
    "QOI", "SGI", "PCX", "DCX", "SUN", "MSP", "XBM", "XPM", "FITS", "BLP", "FLI", "FTEX", "GBR", "PIXAR", "XVTHUMB",
    "TGA", "IM", "IMT", "PCD", "SPIDER",  # these have no signature, so they come last
)  # fmt: skip
TURNS = {  # Exif 2.32, tag 274: what brings an image upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


Kind = Literal[
    "missing",  # the system gives no bytes
    "empty",  # no bytes, or nothing but zeros
    "foreign",  # the bytes are something else: a web page, a film, a drawing
    "bomb",  # more pixels, or more work, than is allowed
    "truncated",
    "damaged",
    "reader",  # the format's reader is not installed
    "unsupported",  # whole, but of a kind that no reader here reads
]


class Unreadable(BrickworkError):
    """A file that gives no image: where it is, and why."""

    def __init__(self, path: str, reason: str, kind: Kind = "damaged") -> None:
        super().__init__(path, reason, kind)
        self.path = path
        self.reason = reason
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.path} is unreadable: {self.reason}."


def decode(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The image in a file, as `decode_bytes` gives it; raises Unreadable."""
    return decode_bytes(bytes_of(path), printable(os.fspath(path)), max_pixels=max_pixels)


def bytes_of(path: str | os.PathLike[str]) -> bytes:
    """A file's bytes; raises Unreadable where there are none, or so many that it is no image."""
    try:
        check_file(path)
        with open(path, "rb") as file:
            return file.read()
    except (BrickworkError, OSError, MemoryError, ValueError) as error:  # the last where the path holds a zero byte
        raise Unreadable(printable(os.fspath(path)), reason(error, MAX_PIXELS), "missing") from None


def decode_bytes(
    content: bytes, name: str, *, least: int = 0, max_pixels: int = MAX_PIXELS, range: Range = "file"
) -> Image.Image:
    """The image in a file's bytes as "L" or "RGB", turned as its EXIF says; of an animation, the first frame.

    Palettes and CMYK become RGB, transparency lies on white, pixels of more than 8 bits are scaled: by the range that
    the file states, else by their depth, or by the `range` that is given.
    Where only `least` pixels a side are needed, a JPEG is decoded at 1/2, 1/4 or 1/8 of its size, so that both
    sides keep that many. Raises Unreadable, with `name` for a person, for everything else, also for an image of
    more than `max_pixels`. May run in many threads.
    """
    try:
        with QUIET:
            return upright(content, least, max_pixels, range)
    except Exception as error:  # damaged files raise all sorts from inside Pillow's plugins
        raise Unreadable(name, reason(error, max_pixels), kind(error, content)) from None


def upright(content: bytes, least: int, max_pixels: int, range: Range) -> Image.Image:
    with open_header(content, max_pixels) as image:
        check_work(image, content, max_pixels)
        mend(image)
        jpeg2000.mend(image, content)
        with large_image_lock(image.width * image.height):
            pixels = grey_or_rgb(image, content, least, range)
            turn = TURNS.get(turn_of(image, content))
            if turn is not None:
                return pixels.transpose(turn)
            return pixels.copy() if pixels is image else pixels  # free of the bytes


def grey_or_rgb(image: Image.Image, content: bytes, least: int, range: Range) -> Image.Image:
    """The pixels of an image that has not been loaded as "L" or "RGB", as they are stored."""
    significant = png.significant_bits(content) if image.format == "PNG" else 0
    if needs_samples(image, range, significant):
        pixels = to_grey_or_rgb_from_wide(lambda: open_mended(content), range, significant)
        image.load()  # for an orientation that follows the pixels
        return pixels
    if least:
        image.draft(None, (least, least))
    frame = image.tile[0].extents if image.format == "GIF" and isinstance(image, ImageFile.ImageFile) else None
    image.load()
    if image.format == "FITS":
        return from_fits(image, content, range)
    if image.format == "PNG" and image.mode == "L" and isinstance(image.info.get("transparency"), int):
        image.info["transparency"] *= 255 // ((1 << png.bit_depth(content)) - 1)  # it counts in 1, 2, 4 or 8 bits
    if image.format == "JPEG2000":
        image = jpeg2000.rescale(image)
    pixels = to_grey_or_rgb(image, range, significant)
    return pixels if frame in (None, (0, 0, *image.size)) else only_frame(pixels, frame)


def only_frame(pixels: Image.Image, frame: tuple[int, int, int, int]) -> Image.Image:
    """An animation's frame on white: the canvas around it is clear (GIF89a, section 20)."""
    canvas = Image.new(pixels.mode, pixels.size, "white")
    canvas.paste(pixels.crop(frame), frame[:2])
    return canvas


def open_mended(content: bytes) -> Image.Image:
    image = open_header(content)
    mend(image)
    return image


def open_header(content: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The image as its header tells, before a pixel is decoded."""
    if not content:
        raise BrickworkError("empty (0 bytes)")
    silence()
    Image.preinit()  # the common formats, without which Pillow would import all for the first one it lacks
    if reader := reader_for(content[:START]):
        return open_with(reader, content, max_pixels)
    content = png.drop_bulk(content)
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        if content[:2] in (b"II", b"MM") and (kind := unknown_kind(content)):
            raise Unsupported(f"a TIFF that Pillow cannot read: {kind}") from None
        if content.startswith(COLOUR_PFM):
            raise Unsupported("a PFM in colour, of which Pillow reads those in grey alone") from None
        raise BrickworkError(foreign_reason(content[:START])) from None


def open_with(reader: Reader, content: bytes, max_pixels: int) -> Image.Image:
    """The image as a package beside Pillow reads it; JPEG XL's decodes at once, so its size is looked at before."""
    reader.register()
    if reader is JPEG_XL:
        width, height, _ = jpeg_xl_head(content)
        if width * height > max_pixels:
            raise Image.DecompressionBombError
        if is_animated(content):
            raise Unsupported(f"an animated {reader.name}, of which {reader.module} gives the last frame")
    try:
        return Image.open(io.BytesIO(content), formats=(reader.format,))
    except (UnidentifiedImageError, RuntimeError, ValueError, OSError):
        words = f"begins as a {reader.name}, but is cut short, damaged or of a kind that {reader.module} cannot read"
        raise BrickworkError(words) from None


def check_work(image: Image.Image, content: bytes, max_pixels: int) -> None:
    """Raises where decoding would take memory or minutes that no honest image asks for."""
    pixels = image.width * image.height
    if pixels > max_pixels:
        raise Image.DecompressionBombError
    scans = content.count(SCAN) if image.format in ("JPEG", "MPO") else 1
    if pixels * scans > MAX_SCANNED:
        raise Bomb(f"it has {scans:,} scans, which would take too long to decode")
    if pixels > MAX_SLOW and any(tile[0] in Image.DECODERS for tile in getattr(image, "tile", ())):
        raise Bomb(f"{pixels:,} pixels of {image.format}, which is decoded so slowly that {MAX_SLOW:,} are allowed")


def large_image_lock(pixels: int) -> AbstractContextManager[object]:
    """What bounds the memory: an image of 170 million pixels may take 2 GB while it is decoded."""
    return ONE_AT_A_TIME if pixels > LARGE else nullcontext()


def check_file(path: str | os.PathLike[str]) -> None:
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise BrickworkError("a folder, not an image")
    if not stat.S_ISREG(status.st_mode):
        raise BrickworkError("a device or a pipe, not a file")
    if status.st_size > MAX_BYTES:
        raise BrickworkError(f"a file of {status.st_size:,} bytes; images of up to {MAX_BYTES:,} are read")


def turn_of(image: Image.Image, content: bytes) -> int:
    """The orientation that is left to apply: what JPEG XL says in its own head is applied by its decoder."""
    if image.format == JPEG_XL.format and jpeg_xl_head(content)[2] != 1:
        return 1
    return orientation(image)


def orientation(image: Image.Image) -> int:
    """EXIF's number from 1 to 8; 1, upright, where the EXIF data are damaged."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1


def kind(error: Exception, content: bytes) -> Kind:
    """What sort of fault keeps a content from being decoded."""
    if not any(content[:START]):
        return "empty"
    if isinstance(error, MissingReader):
        return "reader"
    if is_unsupported(error):
        return "unsupported"
    if isinstance(error, Image.DecompressionBombError | Bomb | MemoryError):
        return "bomb"
    if isinstance(error, BrickworkError) and begins_as(content[:START]) is None:
        return "foreign"
    return "truncated" if is_cut(error) else "damaged"


def is_unsupported(error: Exception) -> bool:
    """Also where Pillow says so, as of rare layouts of BMP and DDS."""
    words = ("unsupported", "unimplemented", RAW_MODE)
    return isinstance(error, Unsupported) or str(error).lower().startswith(words)


def is_cut(error: Exception) -> bool:
    return isinstance(error, EOFError) or "truncated" in str(error).lower()


def reason(error: Exception, max_pixels: int) -> str:
    """One phrase for a person."""
    match error:
        case BrickworkError():
            return str(error)
        case FileNotFoundError():
            return "there is no such file"
        case Image.DecompressionBombError():
            return f"it would take more than the {min(max_pixels, MAX_PIXELS):,} pixels that are allowed"
        case MemoryError():
            return "there is not enough memory for its pixels"
        case OSError(strerror=str(words)):
            return f"the system says: {words}"
    if is_cut(error):
        return "truncated: the file ends before its image does"
    if str(error) == RAW_MODE:
        return "its samples are laid out in a way that Pillow cannot read"
    words = (str(error).splitlines() or [""])[0]
    return f"cannot be decoded ({printable(words) or type(error).__name__})"


class Bomb(BrickworkError):
    """A file that would take more time or memory than an image is worth."""


ONE_AT_A_TIME = threading.Lock()
