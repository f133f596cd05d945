"""Shards for tests: small pictures in .tar files, each with its class."""

import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("ant", "bee", "cat", "dog")


def picture(number: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (12, 12, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def shards(folder: Path, count: int, images: int) -> Path:
    """So many shards of so many images, whose classes take turns."""
    for shard in range(count):
        with tarfile.open(folder / f"{shard:03}.tar", "w") as tar:
            for i in range(images):
                add(tar, f"{i:04}.png", picture(shard * images + i))
                add(tar, f"{i:04}.cls", CLASSES[i % len(CLASSES)].encode())
    return folder
