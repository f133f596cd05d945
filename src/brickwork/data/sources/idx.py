"""idx files, MNIST's format: LeCun, Cortes, Burges, The MNIST database of handwritten digits, "File formats".

A file is a magic number (two zero bytes, the type, the number of dimensions), the size of each dimension as
a big-endian 32-bit number, and the values. MNIST, Fashion-MNIST and their kin are four such files.
"""

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from brickwork.data.dataset import ArraySplit, Dataset
from brickwork.errors import BrickworkError

UNSIGNED_BYTE = 0x08
STEMS = {"train": "train", "test": "t10k"}  # the split, and how its two files begin
FORMS = ("{stem}-{kind}-idx{rank}-ubyte", "{stem}-{kind}.idx{rank}-ubyte")
MOST_BYTES = 1 << 31  # of one file's values, which are held in memory: EMNIST's are 0.6 GB
CLASSES = "classes.txt"  # one name a line, beside the four files


def open_idx(folder: str | Path, name: str, *, groups: str = "", training: bool = True) -> Dataset:
    """Open the dataset in a folder of idx files; the classes are digits unless classes.txt names them.

    Raises BrickworkError for groups, as its images have no paths, and for training where there are t10k files alone.
    """
    folder = Path(folder)
    if groups:
        raise BrickworkError(f"groups: the images of {name} have no paths to look for {groups!r} in.")
    splits = {split: arrays(folder, split) for split in STEMS if find_file(folder, split, "images")}
    if training and "train" not in splits:
        raise BrickworkError(f"{folder} has no train-images-idx3-ubyte[.gz], only t10k's: training needs both.")
    shapes = {split.images.shape[1:] for split in splits.values()}
    if len(shapes) > 1:
        sizes = " and ".join("x".join(map(str, shape[1:])) for shape in sorted(shapes))
        raise BrickworkError(f"{folder}: training and test images differ in size ({sizes}).")
    classes = class_names(folder, highest=max(int(split.labels.max()) for split in splits.values()))
    _, height, width = shapes.pop()
    return Dataset(name, classes, dict(splits), shape=(1, height, width))


def holds_idx(folder: Path) -> bool:
    return any(find_file(folder, split, "images") for split in STEMS)


def find_file(folder: Path, split: str, kind: str) -> Path | None:
    """The file with a split's "images" or "labels": with a dash or a dot before "idx", with or without .gz."""
    rank = 3 if kind == "images" else 1
    names = [form.format(stem=STEMS[split], kind=kind, rank=rank) for form in FORMS]
    paths = [folder / (name + ending) for name in names for ending in ("", ".gz")]
    return next((path for path in paths if path.is_file()), None)


def arrays(folder: Path, split: str) -> ArraySplit:
    images_file, labels_file = find_file(folder, split, "images"), find_file(folder, split, "labels")
    assert images_file
    if labels_file is None:
        raise BrickworkError(
            f"{images_file} has no labels beside it: {STEMS[split]}-labels-idx1-ubyte[.gz] is missing."
        )
    images, labels = read_idx(images_file, rank=3), read_idx(labels_file, rank=1)
    if len(images) != len(labels):
        raise BrickworkError(f"{labels_file} has {len(labels)} labels for the {len(images)} images of {images_file}.")
    if images.size == 0:
        raise BrickworkError(f"{images_file} holds no pixels: its sizes are {' x '.join(map(str, images.shape))}.")
    return ArraySplit(labels.astype(np.int64), images[:, None], str(images_file), tuple(range(len(images))))


def class_names(folder: Path, highest: int) -> tuple[str, ...]:
    """The names in classes.txt, or the digits from 0 to at least 9."""
    path = folder / CLASSES
    if not path.is_file():
        return tuple(map(str, range(max(10, highest + 1))))
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BrickworkError(f"{path} is no UTF-8 text: save it as UTF-8.") from None
    names = tuple(line.strip() for line in lines if line.strip())
    if len(set(names)) < len(names):
        raise BrickworkError(f"{path} names a class twice.")
    if highest >= len(names):
        raise BrickworkError(f"{path} names {len(names)} classes, but the labels go up to {highest}, counted from 0.")
    return names


def read_idx(path: Path, rank: int) -> NDArray[np.uint8]:
    """Read the values of one idx file; raises BrickworkError where the file is not what its header says."""
    try:
        with open_file(path) as file:
            sizes = read_dimensions(path, file, rank)
            expected = math.prod(sizes)
            if expected > MOST_BYTES and (path.suffix == ".gz" or path.stat().st_size > MOST_BYTES):
                raise BrickworkError(f"{path} states {expected:,} values; idx files of up to {MOST_BYTES:,} are read.")
            values = upto(file, expected + 1)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise BrickworkError(f"{path} is damaged: {error}. Fetch it again.") from None
    except OSError as error:
        raise BrickworkError(f"{path} cannot be read: {error.strerror}.") from None
    if len(values) != expected:
        count = f"{len(values):,}" if len(values) < expected else "more"
        shape = " x ".join(map(str, sizes))
        raise BrickworkError(
            f"{path} is damaged: expected {expected:,} values ({shape}), found {count}. Fetch it again."
        )
    return np.frombuffer(values, np.uint8).reshape(sizes)


def open_file(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def read_dimensions(path: Path, file: BinaryIO, rank: int) -> tuple[int, ...]:
    length = 4 + 4 * rank
    start = bytes(upto(file, length))
    wanted = bytes((0, 0, UNSIGNED_BYTE, rank))
    if start[:4] != wanted:
        raise BrickworkError(
            f"{path} is no idx{rank} file of unsigned bytes: expected it to begin with {wanted.hex()}, "
            f"found {start[:4].hex() or 'nothing'}."
        )
    if len(start) < length:
        raise BrickworkError(f"{path} is damaged: expected a header of {length} bytes, found {len(start)}.")
    return tuple(int.from_bytes(start[at : at + 4], "big") for at in range(4, length, 4))


def upto(file: BinaryIO, count: int, chunk: int = 1 << 20) -> bytearray:
    """As many bytes as there are, at most `count`; a compressed file may end in the middle."""
    values = bytearray()
    try:
        while len(values) < count and (more := file.read(min(chunk, count - len(values)))):
            values += more
    except EOFError:  # what gzip says of a stream that was cut
        pass
    return values
