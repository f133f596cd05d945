"""Small pictures that stand inside a page, as data URIs."""

import io
from base64 import b64encode

from PIL import Image

from brickwork.data.dataset import Split
from brickwork.data.images.decode import Unreadable
from brickwork.data.images.deep import Range

SIDE = 160  # pixels at most; a page shows them at half of that, sharp on a fine screen
SMALL = 64  # below it an image is kept as it is, to the pixel


def thumbnail(split: Split, place: int, range: Range = "file") -> str | None:
    """An image of a split as "data:image/...", upright and in its own colours; None where it can no longer be read.

    `range` is the one by which the model sees more than 8 bits.
    """
    try:
        return data_uri(split.decode(place, split.read_bytes(place), 2 * SIDE, range))
    except Unreadable:
        return None


def data_uri(image: Image.Image) -> str:
    kept = max(image.size) <= SMALL
    if not kept:
        image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    kind = "png" if kept else "jpeg"
    content = io.BytesIO()
    image.save(content, kind, quality=80)
    return f"data:image/{kind};base64,{b64encode(content.getvalue()).decode()}"
