"""How long drawing takes, and how large a picture is: every network of the zoo, and whole processes.

    PYTHONPATH=src python benchmarks/picture.py [REPEATS]

Each network is drawn by layers (the default), by blocks and by stages, and in columns; limits are 100 ms and 100 kB for
a picture, and 0.15 s for `show --svg` as a whole process. The peer is `show` alone, of which half is Python itself. The
clock counts what other programs take from it; processor time does not. The exit code is 1 where a limit is not held.
"""

import gc
import platform
import sys
import time
from compileall import compile_dir
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent))

from startup import seconds

import brickwork
from brickwork import draw, zoo
from brickwork.network.columns import RULE, format_columns
from brickwork.network.propagate import answer

SLOWEST, LARGEST, PROCESS = 0.100, 100_000, 0.15  # seconds, bytes, seconds
FORMS = {
    "layers": {"depth": "layer"},
    "columns": {"depth": "layer", "height": 900},
    "blocks": {"depth": "block"},
    "stages": {"depth": "stage"},
}
SHOWN = ("lenet5", "resnet34", "googlenet", "inception_v3", "resnet1202")


def measure(name: str, form: dict[str, object], repeats: int) -> tuple[float, float, int]:
    """Seconds by the clock and of the processor, and bytes; with nothing remembered from before."""
    network = zoo.network(name)
    clock, used, size = [], [], 0
    for _ in range(repeats):
        answer.cache_clear()
        began, before = time.perf_counter(), time.process_time()
        size = len(draw(network, **form).svg.encode())  # type: ignore[arg-type]
        used.append(time.process_time() - before)
        clock.append(time.perf_counter() - began)
    return min(clock), min(used), size


def pictures(repeats: int) -> bool:
    """Whether all pictures hold the limits; prints the slowest and the largest."""
    found = [(name, form, *measure(name, words, repeats)) for name in zoo.names() for form, words in FORMS.items()]
    slow, large = sorted(found, key=lambda row: -row[2])[:5], sorted(found, key=lambda row: -row[4])[:3]
    rows = [
        (name, form, f"{clock * 1000:.1f} ms", f"{used * 1000:.1f} ms", f"{size / 1000:.1f} kB")
        for name, form, clock, used, size in dict.fromkeys([*slow, *large])
    ]
    head = ("slowest and largest", "drawn by", "clock", "processor", "size")
    print("\n".join(format_columns([head, RULE, *rows], "<<>>>")))
    clocks, sizes = [row[2] for row in found], [row[4] for row in found]
    print(f"\n{len(found)} pictures of {len(zoo.names())} networks, the best of {repeats} each: median", end=" ")
    print(f"{median(clocks) * 1000:.1f} ms and {median(sizes) / 1000:.1f} kB, at most", end=" ")
    print(f"{max(clocks) * 1000:.1f} ms (limit {SLOWEST * 1000:.0f}) and {max(sizes) / 1000:.1f} kB", end=" ")
    print(f"(limit {LARGEST / 1000:.0f}).\n")
    return max(clocks) <= SLOWEST and max(sizes) <= LARGEST


def processes(repeats: int, folder: Path) -> bool:
    """Whether `show --svg` holds its limit; prints it beside `show`."""
    commands = {f"show {name}{words}": (name, words) for name in SHOWN for words in ("", " --svg FILE")}
    calls = {
        text: ["-m", "brickwork", "show", name, *(["--svg", str(folder / f"{name}.svg")] if words else [])]
        for text, (name, words) in commands.items()
    }
    rounds = [{text: seconds(words) for text, words in calls.items()} for _ in range(repeats)]
    clock = {text: min(each[text][0] for each in rounds) for text in calls}
    used = {text: min(each[text][1] for each in rounds) for text in calls}
    rows = [
        (text, f"{clock[text]:.3f} s", f"{used[text]:.3f} s", f"{used[text] / used[text.partition(' --')[0]]:.2f}")
        for text in calls
    ]
    print("\n".join(format_columns([("process", "clock", "processor", "ratio"), RULE, *rows], "<>>>")))
    slowest = max(clock[text] for text in calls if "--svg" in text)
    print(f"\n`show --svg`: at most {slowest:.3f} s by the clock, the best of {repeats} (limit {PROCESS}).")
    return slowest <= PROCESS


def main(repeats: int) -> int:
    print(f"Python {platform.python_version()}, {platform.platform()}\n")
    compile_dir(Path(brickwork.__file__).parent, quiet=1)  # as an installed package is
    gc.collect()
    with TemporaryDirectory() as folder:
        held = [pictures(repeats), processes(repeats, Path(folder))]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
