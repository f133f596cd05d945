"""How long asking takes: whole processes of the command line, and the cost of every network of the zoo.

    python benchmarks/startup.py [REPEATS]

The peers are Python itself and `import torch`, which any library must pay that asks torch for a table.
"""

import gc
import platform
import resource
import subprocess
import sys
import time
from statistics import median

from brickwork import cost, zoo
from brickwork.network.columns import RULE, format_columns
from brickwork.network.propagate import answer

PROCESSES = {
    "python -c pass": ["-c", "pass"],
    "brickwork show resnet152 --json": ["-m", "brickwork", "show", "resnet152", "--json"],
    "brickwork list": ["-m", "brickwork", "list"],
    "brickwork lecture": ["-m", "brickwork", "lecture"],
    "python -c 'import torch'": ["-c", "import torch"],
}


def seconds(words: list[str]) -> tuple[float, float]:
    """One process from its start to its end: by the clock, and of a processor, which others cannot lengthen."""
    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    ended, now = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended - began, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def costs() -> tuple[float, float]:
    """Processor seconds to make all networks of the zoo, and to cost them, with nothing remembered from before."""
    answer.cache_clear()
    began = time.process_time()
    networks = [zoo.network(name) for name in zoo.names()]
    made = time.process_time()
    for network in networks:
        cost(network)
    return made - began, time.process_time() - made


def main(repeats: int) -> None:
    print(f"Python {platform.python_version()}, {platform.platform()}, medians of {repeats} repeats, in turn\n")
    rounds = [{name: seconds(words) for name, words in PROCESSES.items()} for _ in range(repeats)]
    clock = {name: median(each[name][0] for each in rounds) for name in PROCESSES}
    used = {name: median(each[name][1] for each in rounds) for name in PROCESSES}
    base = used["brickwork show resnet152 --json"]
    table = [(name, f"{clock[name]:.3f} s", f"{used[name]:.3f} s", f"{used[name] / base:.2f}") for name in PROCESSES]
    print("\n".join(format_columns([("process", "clock", "processor", "ratio"), RULE, *table], "<>>>")))
    zoo.names()
    gc.collect()
    making, costing = (median(column) * 1000 for column in zip(*(costs() for _ in range(repeats)), strict=True))
    print(f"\nAll {len(zoo.names())} networks of the zoo: {making:.1f} ms to make, {costing:.1f} ms to cost.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
