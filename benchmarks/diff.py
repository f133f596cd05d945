"""How long a diff takes: every ordered pair of the zoo, and whole processes.

    PYTHONPATH=src python benchmarks/diff.py [REPEATS] [EVERY]

Each pair is compared with nothing remembered from before; EVERY 7 takes every seventh pair. The limit of a process
is 0.15 s by the clock, and its peer is `show` of the first network. The exit code is 1 where it is not held.
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
from brickwork import diff, zoo
from brickwork.network.columns import RULE, format_columns
from brickwork.network.propagate import answer

PROCESS = 0.15  # seconds
LECTURE = ("lenet5", "alexnet", "vgg16", "nin", "googlenet", "resnet34")
COMMANDS = (
    ("diff", "lenet5", "alexnet"),
    ("diff", "resnet50", "seresnet50"),
    ("diff", "googlenet", "inception_v4"),
    ("show", "alexnet", "vgg16"),
    ("family", *LECTURE),
)
DRAWN = (("show", "alexnet", "vgg16"), ("family", *LECTURE))


def pairs(every: int) -> None:
    """Prints how long pairs take, and which take longest."""
    networks = [zoo.network(name) for name in zoo.names()]
    chosen = [(one, two) for one in networks for two in networks if one is not two][::every]
    found: list[tuple[float, str, int]] = []
    for one, two in chosen:
        answer.cache_clear()
        before = time.process_time()
        made = diff(one, two)
        found.append((time.process_time() - before, " to ".join(made.names), len(made.changes)))
    slow = sorted(found, reverse=True)[:5]
    rows = [(names, f"{edits:,}", f"{used * 1000:.1f} ms") for used, names, edits in slow]
    print("\n".join(format_columns([("slowest pairs", "edits", "processor"), RULE, *rows], "<>>")))
    times = [used for used, _, _ in found]
    print(f"\n{len(found):,} pairs: median {median(times) * 1000:.1f} ms, all {sum(times):.0f} s of the processor.\n")


def processes(repeats: int, folder: Path) -> bool:
    """Whether all commands hold the limit; prints each beside `show` of its first network."""
    calls = {" ".join(words): ["-m", "brickwork", *words] for words in COMMANDS}
    calls |= {f"{' '.join(words)} --svg FILE": ["-m", "brickwork", *words, "--svg", str(folder / f"{words[0]}.svg")]
              for words in DRAWN}  # fmt: skip
    calls |= {f"show {words[1]}": ["-m", "brickwork", "show", words[1]] for words in COMMANDS}
    rounds = [{text: seconds(words) for text, words in calls.items()} for _ in range(repeats)]
    clock = {text: min(each[text][0] for each in rounds) for text in calls}
    used = {text: min(each[text][1] for each in rounds) for text in calls}
    rows = [
        (text, f"{clock[text]:.3f} s", f"{used[text]:.3f} s", f"{used[text] / used[f'show {text.split()[1]}']:.2f}")
        for text in calls
    ]
    print("\n".join(format_columns([("process", "clock", "processor", "ratio"), RULE, *rows], "<>>>")))
    slowest = max(clock.values())
    print(f"\nat most {slowest:.3f} s by the clock, the best of {repeats} (limit {PROCESS}).")
    return slowest <= PROCESS


def main(repeats: int, every: int) -> int:
    print(f"Python {platform.python_version()}, {platform.platform()}\n")
    compile_dir(Path(brickwork.__file__).parent, quiet=1)  # as an installed package is
    gc.collect()
    pairs(every)
    with TemporaryDirectory() as folder:
        return 0 if processes(repeats, Path(folder)) else 1


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*numbers, *(5, 7)[len(numbers) :]))
