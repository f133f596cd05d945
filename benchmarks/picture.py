"""How long drawing takes, and how large a picture is: every network of the zoo, and whole processes.

    PYTHONPATH=src python benchmarks/picture.py [REPEATS] [--clock processor]

Each network is drawn by layers (the default), by blocks and by stages, and in columns; limits are 100 ms and 100 kB for
a picture, and 0.15 s for `show --svg`, `lint` and `why` as whole processes. The peers are Python alone, and Python that
imports what the command does, of which "imports" is the share. The wall clock counts what other programs take from it;
processor time (`--clock processor`) does not. The exit code is 1 where a limit is not held by the stated clock.
"""

import argparse
import gc
import platform
import subprocess
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
ASKED = {  # what is imported is the same for all
    "lint resnet50": ["lint", "resnet50"],
    "lint inception_v3": ["lint", "inception_v3"],
    "why googlenet stage3.3a": ["why", "googlenet", "stage3.3a"],
}
CLOCKS = {"wall": 0, "processor": 1}


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


def pictures(repeats: int, clock: str) -> bool:
    """Whether all pictures hold the limits; prints the slowest and the largest."""
    found = [(name, form, *measure(name, words, repeats)) for name in zoo.names() for form, words in FORMS.items()]
    slow, large = sorted(found, key=lambda row: -row[2])[:5], sorted(found, key=lambda row: -row[4])[:3]
    rows = [
        (name, form, f"{wall * 1000:.1f} ms", f"{used * 1000:.1f} ms", f"{size / 1000:.1f} kB")
        for name, form, wall, used, size in dict.fromkeys([*slow, *large])
    ]
    head = ("slowest and largest", "drawn by", "wall", "processor", "size")
    print("\n".join(format_columns([head, RULE, *rows], "<<>>>")))
    clocks, sizes = [row[2 + CLOCKS[clock]] for row in found], [row[4] for row in found]
    print(f"\n{len(found)} pictures of {len(zoo.names())} networks, the best of {repeats} each: median", end=" ")
    print(f"{median(clocks) * 1000:.1f} ms and {median(sizes) / 1000:.1f} kB, at most", end=" ")
    print(f"{max(clocks) * 1000:.1f} ms (limit {SLOWEST * 1000:.0f}) and {max(sizes) / 1000:.1f} kB", end=" ")
    print(f"(limit {LARGEST / 1000:.0f}); {clock} clock.\n")
    return max(clocks) <= SLOWEST and max(sizes) <= LARGEST


def imported(words: list[str]) -> list[str]:
    """The modules that a command imports beyond Python's own start."""
    script = f"import sys; from brickwork.cli.shell import run; run({words!r}); print(*sys.modules, file=sys.stderr)"
    names = [
        subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True).stderr.split()
        for text in ("import sys; print(*sys.modules, file=sys.stderr)", script)
    ]
    return [name for name in names[1] if name not in names[0] and name != "brickwork.cli.shell.run"]


def calls(folder: Path) -> dict[str, list[str]]:
    """The processes, each beside one that only imports what it does."""
    commands = {f"show {name} --svg": ["show", name, "--svg", str(folder / f"{name}.svg")] for name in SHOWN} | ASKED
    found = {"python": ["-c", "pass"]}
    for text, words in commands.items():
        found[text] = ["-m", "brickwork", *words]
        found[f"{text}, imports"] = ["-c", f"import {', '.join(imported(words))}"]
    return found


def processes(repeats: int, clock: str, folder: Path) -> bool:
    """Whether whole processes hold their limit; prints the share of each that imports take, Python's start included."""
    words = calls(folder)
    rounds = [{text: seconds(call) for text, call in words.items()} for _ in range(repeats)]
    best = {text: [min(each[text][k] for each in rounds) for k in (0, 1)] for text in words}
    commands = [text for text in words if not text.endswith(", imports")]
    rows = [(text, f"{best[text][0]:.3f} s", f"{best[text][1]:.3f} s", share_text(best, text)) for text in commands]
    print("\n".join(format_columns([("process", "wall", "processor", "imports"), RULE, *rows], "<>>>")))
    slowest = max(best[text][CLOCKS[clock]] for text in commands)
    print(f"\nAt most {slowest:.3f} s by the {clock} clock, the best of {repeats} (limit {PROCESS}).")
    return slowest <= PROCESS


def share_text(best: dict[str, list[float]], text: str) -> str:
    """The share of processor time that importing takes beyond Python's own start."""
    if f"{text}, imports" not in best:
        return ""
    return f"{(best[f'{text}, imports'][1] - best['python'][1]) / best[text][1]:.0%}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repeats", nargs="?", type=int, default=5)
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="by which the limits are judged")
    words = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.platform()}\n")
    compile_dir(Path(brickwork.__file__).parent, quiet=1)  # as an installed package is
    gc.collect()
    with TemporaryDirectory() as folder:
        held = [pictures(words.repeats, words.clock), processes(words.repeats, words.clock, Path(folder))]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
