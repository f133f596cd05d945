"""Decodes and checks every file of a folder of odd images, as the tests of Pillow and scikit-image have them.

    pip download --no-binary :all: --no-deps --no-build-isolation pillow && tar xzf pillow-*.tar.gz
    python benchmarks/reliability/pillow.py pillow-*/Tests/images [FOLDER ...] [--seconds 20]

(the first line needs setuptools and pybind11 installed). Every file is decoded in a child process, with a limit in
seconds; then all are put into class folders by the endings of their names, and `brickwork check` reads them as a data
set. Counted are the files that decode, the refusals, which must name path and reason, and what must not be: other
exceptions, crashes, hangs, and words on standard error. Exit code 1 where there is one of those.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter

from limited import DIED, HUNG, looked_at

from brickwork.data.check.examine import UNREADABLE
from brickwork.data.images.decode import Unreadable, decode

LIMIT = 600  # seconds for the whole of `brickwork check`


def look(path: Path) -> tuple[str, str]:
    """What comes of one file, in a word, and more words."""
    try:
        image = decode(path)
    except Unreadable as refusal:
        named = refusal.path == str(path) and refusal.reason and "\n" not in str(refusal)
        return ("refused", refusal.reason) if named else ("refused without a name", repr(refusal))
    except Exception as fault:
        return "raised something else", repr(fault)
    return "decoded", image.mode


def decoded(files: list[Path], seconds: float) -> Counter[str]:
    """How many files come to what; those that must not be, and the slowest, are printed."""
    counts: Counter[str] = Counter()
    times = []
    for path, (answer, took) in zip(files, looked_at(look, files, seconds), strict=True):
        word, more = answer if isinstance(answer, tuple) else (str(answer), "")
        counts[word] += 1
        times.append((took, str(path)))
        if word not in ("decoded", "refused"):
            print(f"  {path}: {word} {more}")
    took, slowest = max(times)
    print(f"{len(files)} files: {listed(counts)}; the slowest took {took:.1f} s: {slowest}")
    return counts


def checked(files: list[Path], folder: Path) -> list[str]:
    """What is wrong with `brickwork check` on the same files as a data set; its counts are printed."""
    for number, file in enumerate(files):
        place = folder / (file.suffix[1:].lower() or "none") / f"{number}-{file.name}"
        place.parent.mkdir(exist_ok=True)
        shutil.copy(file, place)
    words = [sys.executable, "-m", "brickwork", "check", str(folder), "--json"]
    cache = {**os.environ, "BRICKWORK_CACHE": str(folder / ".cache")}
    begun = perf_counter()
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, env=cache, check=False)
    except subprocess.TimeoutExpired:
        return [f"check took more than {LIMIT} s"]
    if done.returncode not in (0, 1):
        return [f"check left with {done.returncode}: {done.stderr[-500:]}"]
    report = json.loads(done.stdout)
    counts = Counter({each["code"]: each["count"] for each in report["findings"]})
    images = sum(report["images"].values())
    print(f"check: {images} images, {perf_counter() - begun:.1f} s, {len(done.stderr.splitlines())} lines of noise")
    for each in report["findings"]:
        print(f"  {each['severity']:7} {each['code']} {each['count']:5} {each['title']}")
    refused = [case for each in report["findings"] if each["code"] in UNREADABLE for case in each["cases"]]
    nameless = [case for case in refused if len(case["files"]) != 1 or not case["detail"]]
    print(f"check refuses {len(refused)}, all with path and reason: {'no' if nameless else 'yes'}; {listed(counts)}")
    noise = [line for line in done.stderr.splitlines() if "images read" not in line]
    return [f"no path or reason: {case}" for case in nameless] + [f"noise: {line}" for line in noise]


def listed(counts: Counter[str]) -> str:
    return ", ".join(f"{word} {count}" for word, count in sorted(counts.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=20, help="for one file")
    arguments = parser.parse_args()
    files = sorted(path for folder in arguments.folders for path in folder.rglob("*") if path.is_file())
    counts = decoded(files, arguments.seconds)
    with tempfile.TemporaryDirectory() as folder:
        faults = checked(files, Path(folder))
    for fault in faults:
        print(f"  {fault}")
    bad = sum(counts[word] for word in (HUNG, DIED, "refused without a name", "raised something else")) + len(faults)
    print(f"what must not be: {bad}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
