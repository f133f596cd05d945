"""The table at the end of a pack: arrays that are judged before they are read, and fit each other."""

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickwork.documents import parse_json
from brickwork.validate import holds

TABLE = {  # the arrays of a pack: types and axes
    "key": ("u1", 1), "sizes": ("i8", 2), "positions": ("i8", 1), "counts": ("i8", 2), "sums": ("u4", 1),
    "reasons": ("u1", 1),
}  # fmt: skip
Reason = tuple[int, str]  # the position of an image that could not be read, and why


def parse_table(table: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a pack's table; raises ValueError where they are not stored as they are, or of other types."""
    with zipfile.ZipFile(io.BytesIO(table)) as file:
        members = file.infolist()
    names = {f"{name}.npy" for name in TABLE}
    if {member.filename for member in members} != names or len(members) != len(names):
        raise ValueError("other arrays")
    if sum(member.file_size for member in members) > len(table):  # compressed, or one behind another
        raise ValueError("arrays that are larger than their file")
    with np.load(io.BytesIO(table), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in TABLE}
    if any((found[name].dtype, found[name].ndim) != (np.dtype(kind), axes) for name, (kind, axes) in TABLE.items()):
        raise ValueError("arrays of other types")
    return found


def parse_reasons(text: bytes) -> tuple[Reason, ...]:
    """The images that are not in a pack, and why; raises ValueError where the text does not say that."""
    rows = parse_json(text)
    if not isinstance(rows, list) or not all(holds(list, row) and len(row) == 2 for row in rows):
        raise ValueError("no reasons")
    if not all(holds(int, position) and holds(str, reason) for position, reason in rows):
        raise ValueError("no reasons")
    return tuple((position, reason) for position, reason in rows)


def check_table(arrays: dict[str, NDArray[Any]], reasons: tuple[Reason, ...], start: int) -> None:
    """Raises ValueError where a table's numbers do not fit each other, or the pixels before `start`."""
    sizes, positions, counts, sums = (arrays[name] for name in ("sizes", "positions", "counts", "sums"))
    if not (sizes.shape == (len(sums), 2) and len(positions) == len(sums) and counts.shape in ((1, 256), (3, 256))):
        raise ValueError("lengths that differ")
    if sizes.min(initial=1) < 1 or sizes.max(initial=0) > start:
        raise ValueError("sizes that cannot be")
    if sum(height * width for height, width in sizes.tolist()) * len(counts) != start:
        raise ValueError("pixels of other sizes")
    if sorted([*positions.tolist(), *(position for position, _ in reasons)]) != list(range(len(sums) + len(reasons))):
        raise ValueError("positions that are not those of a split")
