"""Threads on shared cores: training steps of `brickwork train` alone and beside a busy process.

    python benchmarks/threads.py [ROUNDS]

Each contender is a process of its own that trains resnet20 on random images, a second at a time and in turn, so that
what else the machine does meets all of them. The peers: one thread, and as many as there are cores, both with OpenMP's
own waiting, which is how torch comes (threads spin until the slowest is there); and the default of the command line.
"""

import os
import subprocess
import sys
import time
from statistics import median

from brickwork.machine import cores
from brickwork.network.columns import RULE, format_columns

BATCH = 64
CONTENDERS = {  # threads, and whether the command line's policy of waiting is set before torch comes
    "1 thread": (1, False),
    f"{cores()} threads, spinning": (cores(), False),
    "the default": (0, True),
}


def work(threads: int, passive: bool) -> None:
    """A contender: for every line on standard input, steps for a second, and then their images a second."""
    from brickwork.machine import compute_threads, wait_passively

    if passive:
        wait_passively()
    with compute_threads(threads):
        serve()


def serve() -> None:
    import torch

    from brickwork import build, zoo

    model = build(zoo.network("resnet20", input=(1, 28, 28), classes=10)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    images, labels = torch.randn(BATCH, 1, 28, 28), torch.randint(0, 10, (BATCH,))

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    step()
    print(torch.get_num_threads(), flush=True)
    for _ in sys.stdin:
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < 1:
            step()
            steps += 1
        print(BATCH * steps / (time.perf_counter() - start), flush=True)


def start(threads: int, passive: bool) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_"))}
    words = [sys.executable, __file__, "work", str(threads), str(int(passive))]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdout
    child.stdout.readline()
    return child


def speed(child: subprocess.Popen[str]) -> float:
    """Images a second, in about a second."""
    assert child.stdin
    assert child.stdout
    print(file=child.stdin, flush=True)
    return float(child.stdout.readline())


def compare(children: dict[str, subprocess.Popen[str]], rounds: int) -> list[tuple[str, ...]]:
    """Medians over rounds, and of each round's ratio to the best of the peers."""
    speeds = [{name: speed(child) for name, child in children.items()} for _ in range(rounds)]
    peers = list(CONTENDERS)[:-1]
    best = max(median(each[name] for each in speeds) for name in peers)
    rows = ((name, median(each[name] for each in speeds)) for name in CONTENDERS)
    return [(name, f"{value:,.0f}", f"{value / best:.2f}") for name, value in rows]


def main(rounds: int) -> None:
    print(f"{cores()} cores, {rounds} rounds of a second each, in turn; load before: {os.getloadavg()[0]:.1f}\n")
    show("Alone:", rounds)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        show("Beside one busy process:", rounds)
    finally:
        busy.kill()


def show(title: str, rounds: int) -> None:
    """Starts the contenders, which look at the machine as a training does when it begins, and prints their speeds."""
    children = {name: start(*how) for name, how in CONTENDERS.items()}
    try:
        rows = compare(children, rounds)
    finally:
        for child in children.values():
            child.kill()
    print(
        "\n".join([title, *format_columns([("", "images/s", "of the best peer"), RULE, *rows], "<>>"), ""]), flush=True
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(int(sys.argv[2]), sys.argv[3] == "1")
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 10)
