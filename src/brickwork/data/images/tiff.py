"""TIFF as Pillow decodes it: what it gets wrong is put right before a pixel is read, what it cannot read is named."""

import io
import re

from PIL import Image, ImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from brickwork.data.images.readers import Unsupported

# TIFF 6.0: the numbers of the tags
BITS, COMPRESSION, PHOTOMETRIC, DESCRIPTION, HIGHEST, PLANES, EXTRA, FORMAT = 258, 259, 262, 270, 281, 284, 338, 339
WHITE_IS_ZERO, YCBCR, SEPARATE, ASSOCIATED = 0, 6, 2, 1
UNSIGNED, SIGNED = 1, 2
FORMATS = {1: "unsigned", 2: "signed", 3: "float", 4: "untyped", 5: "complex", 6: "complex"}
MEANINGS = {0: "grey", 1: "grey", 2: "RGB", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "Lab", 32803: "Bayer"}
NATIVE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF", "I;32B": "I;32N"}  # as libtiff hands them over
OME = re.compile(r'<Pixels\b[^>]*\bSignificantBits="(\d+)"')  # in the description that OME-TIFF begins with


def mend(image: Image.Image) -> None:
    """Make Pillow decode a TIFF right, before it is loaded; raises Unsupported where that cannot be had."""
    if not isinstance(image, TiffImageFile):
        return
    planes = tiff_tag(image, PLANES) == SEPARATE
    if planes and image.mode in ("LA", "La", "PA"):
        raise Unsupported("a TIFF with grey and alpha in planes of their own, which Pillow cannot read")
    if planes and image.mode == "RGBA" and is_wide(image):
        raise Unsupported("a TIFF of 16 bits with alpha in a plane of its own, which Pillow cannot read")
    beyond = is_wide(image) or tiff_tag(image, EXTRA) == ASSOCIATED
    if not image.use_load_libtiff and ((planes and beyond) or tiff_tag(image, PHOTOMETRIC) == YCBCR):
        use_libtiff(image)
    if image.use_load_libtiff:
        set_rawmode(image, NATIVE.get(rawmode(image), rawmode(image)))


def is_wide(image: Image.Image) -> bool:
    """Whether these are colours of 16 bits, of which Pillow keeps the high bytes."""
    return image.mode not in ("I;16", "I;16B", "I") and (tiff_tag(image, BITS) or 0) == 16


def use_libtiff(image: TiffImageFile) -> None:
    """Leave an uncompressed TIFF to libtiff, as compressed ones are: Pillow's own reader takes planes of 16 bits for
    planes of 8, and knows no associated alpha in a plane of its own and no chroma at half the size.
    """
    mode = rawmode(image)
    if tiff_tag(image, PHOTOMETRIC) == YCBCR:
        image._mode, mode = "RGB", "RGBX"
    elif is_wide(image):
        mode = f"{image.mode};16N"
    elif tiff_tag(image, EXTRA) == ASSOCIATED:
        mode = "RGBa"
    size, args = (image.tag_v2[256], image.tag_v2[257]), (mode, False, image.tag_v2.offset)
    image.tile = [image.tile[0]._replace(codec_name="libtiff", extents=(0, 0, *size), offset=0, args=args)]
    image.use_load_libtiff = True


def rawmode(image: Image.Image) -> str:
    """How the decoder of an image lays out its samples, as "RGB;16B"."""
    args = image.tile[0].args if isinstance(image, ImageFile.ImageFile) and image.tile else ""
    return str(args[0] if isinstance(args, tuple) and args else args)


def set_rawmode(image: Image.Image, mode: str) -> None:
    if isinstance(image, ImageFile.ImageFile):
        args = [(mode, *tile.args[1:]) if isinstance(tile.args, tuple) else mode for tile in image.tile]
        image.tile = [tile._replace(args=each) for tile, each in zip(image.tile, args, strict=True)]


def highest_of_file(image: Image.Image) -> float | None:
    """The highest value that the file states: MaxSampleValue, or the significant bits of OME-TIFF's description."""
    if (highest := tiff_tag(image, HIGHEST)) and highest > 0:
        return float(highest)
    described = image.tag_v2.get(DESCRIPTION) if isinstance(image, TiffImageFile) else None
    found = OME.search(described) if isinstance(described, str) else None
    return 2.0 ** int(found[1]) - 1 if found and 0 < int(found[1]) <= 32 else None


def tiff_tag(image: Image.Image, number: int) -> int | None:
    """A TIFF tag's first value; None for other formats."""
    return first(image.tag_v2.get(number)) if isinstance(image, TiffImageFile) else None


def first(value: object) -> int | None:
    value = value[0] if isinstance(value, tuple) and value else value
    return value if isinstance(value, int) else None


def unknown_kind(content: bytes) -> str:
    """What kind of TIFF this is, as a phrase, for one that Pillow does not know; "" where its tags cannot be read."""
    try:
        tags = ImageFileDirectory_v2(content[:16] if content[2] in (43,) or content[3] in (43,) else content[:8])
        file = io.BytesIO(content)
        file.seek(tags.next)
        tags.load(file)
        bits = tags.get(BITS, (1,))
        format, meaning = first(tags.get(FORMAT, 1)) or 1, first(tags.get(PHOTOMETRIC, 0)) or 0
        count = f"{len(bits)} x " if len(bits) > 1 else ""
        extra = " with more samples" if EXTRA in tags else ""
        return f"{MEANINGS.get(meaning, f'colours of kind {meaning}')}{extra}, {count}{bits[0]} bits {FORMATS[format]}"
    except Exception:  # damaged tags raise all sorts
        return ""
