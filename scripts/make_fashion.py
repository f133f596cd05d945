"""Makes the embedded data set `fashion` from the full Fashion-MNIST: as many images of each class, by hash.

    python scripts/make_fashion.py [FOLDER]

FOLDER holds Fashion-MNIST's four files; Debian's package dataset-fashion-mnist installs them where the default
says. Running it again gives the same files, byte for byte, with the same zlib.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brickwork.data.dataset import ArraySplit
from brickwork.data.hashing import by_class, hash_order
from brickwork.data.sources.idx import STEMS, arrays

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
OUT = Path(__file__).parents[1] / "src/brickwork/data/fashion"
EACH = {"train": 1000, "test": 200}  # images of a class
SEED = 0


def chosen(split: ArraySplit, each: int) -> list[int]:
    """So many images of every class, in the order of the full set."""
    groups = by_class(split.labels.tolist()).values()
    return sorted(group[i] for group in groups for i in hash_order([str(split.numbers[p]) for p in group], SEED)[:each])


def write(path: Path, values: NDArray[np.uint8]) -> None:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    header = bytes((0, 0, 8, values.ndim)) + sizes
    path.write_bytes(gzip.compress(header + values.tobytes(), compresslevel=9, mtime=0))


def main(folder: Path, out: Path) -> None:
    for split, each in EACH.items():
        part = (full := arrays(folder, split)).take(chosen(full, each))
        write(out / f"{STEMS[split]}-images-idx3-ubyte.gz", part.images[:, 0])
        write(out / f"{STEMS[split]}-labels-idx1-ubyte.gz", part.labels.astype(np.uint8))
    size = sum(file.stat().st_size for file in out.iterdir())
    print(f"{out}: {size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEBIAN, OUT)
