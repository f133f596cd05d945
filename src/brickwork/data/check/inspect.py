"""Inspection of one image: its decoded pixels' sum, perceptual hash and traits, and its entry in the index."""

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from PIL import Image

from brickwork.data.check.header import Header, read_header
from brickwork.data.check.perceptual_hash import perceptual_hash
from brickwork.data.dataset import Split
from brickwork.data.images.decode import Kind, Unreadable
from brickwork.data.images.deep import RANGE
from brickwork.data.index import IndexEntry, change_times
from brickwork.data.statistics import range_facts

DEPTH = "P205"  # the trait of more than 8 bits a channel
FLAT = 3  # levels of 255 between the darkest and the brightest pixel of a single colour, which JPEG may leave

Traits = tuple[tuple[str, str], ...]  # a rule's code, and words on this image


@dataclass(frozen=True, eq=False)
class ImageFacts:
    """Facts of an inspected image, which the rules look at."""

    entry: IndexEntry
    name: str  # where it is, for a person
    kind: Kind | None = None  # the sort of fault, where it is unreadable
    traits: Traits = ()
    pixels: bytes = b""  # a sum over the decoded pixels
    hash: int = 0
    thumb: bytes = b""

    @property
    def readable(self) -> bool:
        return self.kind is None


def inspect_image(splits: tuple[str, Split], classes: tuple[str, ...], max_pixels: int, i: int) -> ImageFacts:
    """Inspect image number i of a split, which comes with its name."""
    name, split = splits
    blank = IndexEntry(split.keys[i], name, classes[split.labels[i]], 0, "", 0, 0, change_times(split.path(i)))
    try:
        content = split.read_bytes(i)
    except Unreadable as error:
        return unreadable_facts(blank, split.names[i], b"", error)
    header = read_header(split.names[i], content)
    try:
        check_size(header, split.names[i], max_pixels)
        image = split.decode(i, content)
    except Unreadable as error:
        return unreadable_facts(blank, split.names[i], content, error)
    entry, traits = complete_entry(blank, content, image.width, image.height), header.traits if header else ()
    facts = pixel_facts(entry, split.names[i], traits, image)
    deep = RANGE in image.info or DEPTH in dict(traits)
    values = (image.info.get(RANGE) or range_facts(split, i)) if deep else None
    return replace(facts, entry=replace(facts.entry, values=values.unstated)) if values else facts


def check_size(header: Header | None, name: str, max_pixels: int) -> None:
    if header and header.pixels > max_pixels:
        raise Unreadable(name, f"it has {header.pixels:,} pixels, and {max_pixels:,} are allowed", "bomb")


def pixel_facts(entry: IndexEntry, name: str, traits: Traits, image: Image.Image) -> ImageFacts:
    sides = f"{image.mode} {image.width} {image.height} "
    pixels = sha256(sides.encode() + image.tobytes()).digest()
    entry = replace(entry, pixels=pixels[:16].hex())
    hash, thumb = perceptual_hash(image)
    flat = (("P206", ""),) if is_flat(image) else ()
    return ImageFacts(entry, name, None, (*traits, *flat), pixels, hash, thumb)


def is_flat(image: Image.Image) -> bool:
    extremes = np.array(image.getextrema()).reshape(-1, 2)
    return bool((extremes[:, 1] - extremes[:, 0]).max() <= FLAT)


def unreadable_facts(entry: IndexEntry, name: str, content: bytes, error: Unreadable) -> ImageFacts:
    return ImageFacts(complete_entry(entry, content, 0, 0, error.reason), name, error.kind)


def complete_entry(blank: IndexEntry, content: bytes, width: int, height: int, reason: str = "") -> IndexEntry:
    """The entry with what is known once its content has been read."""
    digest = sha256(content).hexdigest() if content or reason != "" else ""
    return IndexEntry(blank.key, blank.split, blank.label, len(content), digest, width, height, blank.stamp, reason)
