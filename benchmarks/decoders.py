"""Decoders: every image of folders as Brickwork decodes it, beside OpenCV, tifffile, imagecodecs and ImageMagick.

    python benchmarks/decoders.py [--seconds 60] [--mebibytes 4096] FOLDER...

Each file is decoded in a process of its own, with so much time and memory, so that a crash of either side is counted
and ends nothing. OpenCV is asked first, then tifffile for TIFF, imagecodecs for JPEG XL and QOI, and ImageMagick
where it is installed (Debian: imagemagick); the next one only where those before cannot read a file or differ by more
than 2 of 255 levels. Printed are counts for each folder, every difference with its reason, and what a peer reads and
Brickwork refuses. The exit code is 1 where a difference has no reason, or Brickwork crashes or hangs. Linux; it needs
brickwork[test,heif,jxl].
"""

import argparse
import multiprocessing
import os
import pickle
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import cv2
import numpy as np
from decoders_peers import Pixels, Read, peers, read_ours
from decoders_reasons import Facts, facts_of, reason_for

from brickwork.data.check.examine import CODES
from brickwork.data.images.decode import Unreadable
from brickwork.data.images.sniff import START, begins_as
from brickwork.data.sources.listing import ENDINGS
from brickwork.network.columns import RULE, format_columns

LEVELS = 2  # of 255, that two decoders may differ by
SHARED = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Outcome:
    """What came of one file in one decoder."""

    kind: Literal["pixels", "refused", "crash", "hang"]
    words: str = ""
    pixels: Pixels | None = None


class Limits(NamedTuple):
    seconds: float
    bytes: int


class Distance(NamedTuple):
    """How far a peer's pixels are: the largest and the mean difference, or another size."""

    largest: int
    mean: float
    size: str = ""

    @property
    def near(self) -> bool:
        return not self.size and self.largest <= LEVELS

    def __str__(self) -> str:
        return self.size or f"{self.largest} (mean {self.mean:.1f})"


@dataclass
class Row:
    """What came of one file: ours, the distances of those peers that read it, and which of them crashed or hung."""

    path: Path
    ours: Outcome
    distances: dict[str, Distance] = field(default_factory=dict)
    readers: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        if self.ours.kind != "pixels":
            return self.ours.kind
        if not self.distances:
            return "alone"
        return "equal" if any(distance.near for distance in self.distances.values()) else "different"

    @property
    def far(self) -> dict[str, Distance]:
        return {name: distance for name, distance in self.distances.items() if not distance.near}

    def reasons(self, facts: Facts) -> list[str]:
        """For each peer that differs why it does; "" where nobody knows."""
        agrees = next((name for name, distance in self.distances.items() if distance.near), "")
        plain = f"{agrees} has our pixels" if agrees else ""
        return [reason_for(facts, name, distance.mean) or plain for name, distance in self.far.items()]


def distance(ours: Pixels, peer: Pixels) -> Distance:
    ours, peer = (np.atleast_3d(each).astype(np.float32) for each in (ours, peer))
    if ours.shape[:2] != peer.shape[:2]:
        return Distance(255, 255.0, f"{peer.shape[1]} x {peer.shape[0]} instead of {ours.shape[1]} x {ours.shape[0]}")
    apart = np.abs(ours - peer)
    return Distance(int(apart.max()), float(apart.mean()))


def run(read: Read, path: Path, limits: Limits) -> Outcome:
    """Decode a file in a process of its own."""
    with tempfile.NamedTemporaryFile() as file:
        child = SHARED.Process(target=child_main, args=(read, path, file.name, limits.bytes))
        child.start()
        child.join(limits.seconds)
        if child.is_alive():
            child.kill()
            child.join()
            return Outcome("hang", f"no end within {limits.seconds:g} s")
        if child.exitcode:
            return Outcome("crash", f"signal {-child.exitcode}" if child.exitcode < 0 else f"exit {child.exitcode}")
        found: Outcome = pickle.load(file)
        return found


def child_main(read: Read, path: Path, result: str, memory: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        outcome = Outcome("pixels", pixels=read(path).astype(np.uint8))
    except Unreadable as error:
        outcome = Outcome("refused", f"{CODES[error.kind]} {error.reason}")
    except Exception as error:
        outcome = Outcome("refused", f"{type(error).__name__}: {error}")
    Path(result).write_bytes(pickle.dumps(outcome))


def compare(path: Path, limits: Limits) -> Row:
    row = Row(path, run(read_ours, path, limits))
    for name, read in peers(path):
        peer = run(read, path, limits)
        if peer.kind in ("crash", "hang"):
            row.broken[name] = f"{peer.kind} ({peer.words})"
        if peer.pixels is None:
            continue
        row.readers.append(name)
        if row.ours.pixels is None:
            break
        row.distances[name] = distance(row.ours.pixels, peer.pixels)
        if row.distances[name].near:
            break
    row.ours = Outcome(row.ours.kind, row.ours.words)  # without the pixels, of which there are many
    return row


def images(folder: Path) -> list[Path]:
    """Files that are images by their names or by their first bytes."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    return [path for path in files if path.suffix.lower() in ENDINGS or begins(path)]


def begins(path: Path) -> bool:
    with path.open("rb") as file:
        return begins_as(file.read(START)) is not None


def table(rows: dict[str, list[Row]]) -> str:
    """Counts, a line for each folder and one for all."""
    if len(rows) > 1:
        rows = {**rows, "all": [row for found in rows.values() for row in found]}
    head = ("", "images", "compared", "equal", "different", "alone", "refused", "peers read", "crashes", "hangs")
    lines = [(name, *map(str, counts(found))) for name, found in rows.items()]
    return "\n".join(format_columns([head, RULE, *lines], "<" + ">" * (len(head) - 1)))


def counts(found: list[Row]) -> Iterable[int]:
    groups = Counter(row.group for row in found)
    read = sum(row.group == "refused" and bool(row.readers) for row in found)
    compared = groups["equal"] + groups["different"]
    each = (groups[name] for name in ("equal", "different", "alone", "refused"))
    return (len(found), compared, *each, read, groups["crash"], groups["hang"])


def refusals(found: list[Row]) -> str:
    codes = Counter(row.ours.words[:4] for row in found if row.group == "refused")
    return ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))


def print_differences(found: list[Row], folder: Path) -> int:
    """Every difference with its reason; returns how many have none."""
    unknown = 0
    for group, title in (("different", "No peer has our pixels:"), ("equal", "Another peer has our pixels:")):
        print(f"\n{title}")
        for row in (row for row in found if row.group == group and row.far):
            reasons = row.reasons(facts_of(row.path))
            unknown += reasons.count("")
            for (name, apart), reason in zip(row.far.items(), reasons, strict=True):
                print(f"  {row.path.relative_to(folder)}: {name} {apart}: {reason or 'no reason known'}")
    return unknown


def print_others(found: list[Row], folder: Path) -> None:
    print("\nRefused, and read by a peer:")
    for row in (row for row in found if row.group == "refused" and row.readers):
        print(f"  {row.path.relative_to(folder)}: {row.readers[0]}; {row.ours.words}")
    print("\nCrashes and hangs:")
    for row in found:
        broken = row.broken | (
            {"Brickwork": f"{row.group} ({row.ours.words})"} if row.group in ("crash", "hang") else {}
        )
        for name, words in broken.items():
            print(f"  {row.path.relative_to(folder)}: {name} {words}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--mebibytes", type=int, default=4096)
    parser.add_argument("folders", nargs="+", type=Path)
    words = parser.parse_args()
    cv2.setNumThreads(1)
    os.environ["MAGICK_THREAD_LIMIT"] = "1"
    limits = Limits(words.seconds, words.mebibytes << 20)
    rows = {folder.name: [compare(path, limits) for path in images(folder)] for folder in words.folders}
    print(table(rows))
    unknown = 0
    for folder in words.folders:
        found = rows[folder.name]
        print(f"\n{folder.name}: refused are {refusals(found)}")
        unknown += print_differences(found, folder)
        print_others(found, folder)
    lost = sum(row.group in ("crash", "hang") for found in rows.values() for row in found)
    print(f"\n{unknown} differences without a reason, {lost} crashes or hangs of Brickwork")
    return int(bool(unknown or lost))


if __name__ == "__main__":
    sys.exit(main())
