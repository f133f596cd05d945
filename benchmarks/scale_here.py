"""Two processes of one thread on this machine: what `brickwork scale` predicts, and what is measured.

    python benchmarks/scale_here.py [ROUNDS=5]

Each round measures in turn, so that what else runs meets all alike: one process alone, and two that sum their gradients
over gloo (torch's DistributedDataParallel). The prediction knows the first and the rate of gloo's all-reduce, measured
as well. Processor seconds stand beside the clock's: on a busy machine they tell what the work itself took.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from warnings import filterwarnings

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

from brickwork import build, zoo
from brickwork.network.columns import RULE, Row, format_columns
from brickwork.scaling import Cluster, scale
from brickwork.scaling.link import SHARE

CASES = (("resnet20", 32, 64, 4), ("resnet18", 64, 32, 2), ("vgg11[width=0.25]", 64, 32, 2))  # side, batch, steps
LARGE = 16 * 2**20  # bytes of the all-reduce that is measured


def train(model: torch.nn.Module, side: int, batch: int, steps: int) -> tuple[float, float]:
    """Seconds of a step, and of a processor."""
    images, labels = torch.randn(batch, 3, side, side), torch.randint(10, (batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    began, worked = time.perf_counter(), time.process_time()
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(model(images), labels).backward()
        optimizer.step()
    return (time.perf_counter() - began) / steps, (time.process_time() - worked) / steps


def link_rate() -> float:
    """Bytes a second one way of gloo's all-reduce between two: each sends as many bytes as there are."""
    numbers = torch.ones(LARGE // 4)
    dist.all_reduce(numbers)
    began = time.perf_counter()
    for _ in range(4):
        dist.all_reduce(numbers)
    return 4 * LARGE / (time.perf_counter() - began)


def round_of(rank: int, job: Callable[[], tuple[float, float]], both: bool) -> tuple[float, float]:
    """One measurement, by both processes or by the first alone, while the other sleeps."""
    dist.barrier()
    result = job() if both or rank == 0 else (0.0, 0.0)
    dist.barrier()
    return result


def compare(rank: int, name: str, side: int, batch: int, steps: int, rounds: int) -> Row:
    """A row of the table: what is predicted of a network, and what is measured."""
    network = zoo.network(name, input=(3, side, side), classes=10)
    model = build(network).train()
    shared = DistributedDataParallel(model, broadcast_buffers=False)
    alone, together = (partial(train, module, side, batch, steps) for module in (model, shared))
    round_of(rank, partial(train, shared, side, batch, 1), both=True)  # warm
    found = [(round_of(rank, alone, False), round_of(rank, together, True), link_rate()) for _ in range(rounds)]
    if rank:
        return None
    rate, link = batch / median(one[0] for one, _, _ in found), median(link for *_, link in found)
    cluster = Cluster(machine=1, link=f"{8 * link / SHARE / 1e9:.3f}Gb", batch=batch, rate=rate)
    said = scale(network, [2], cluster).rows[0].step.efficiency
    clock, worked = (median(one[way] / two[way] for one, two, _ in found) for way in (0, 1))
    cells = [name, str(side), str(batch), f"{rate:.0f}", f"{link / 1e9:.2f}"]
    return [*cells, f"{said:.0%}", f"{clock:.0%}", f"{worked:.0%}"]


def work_as(rank: int, rounds: int) -> None:
    """One of the two processes."""
    filterwarnings("ignore", category=FutureWarning)  # of broadcast_buffers, whose successor not every torch has
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29561")
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=2)
    rows = [compare(rank, *case, rounds) for case in CASES]
    if rank == 0:
        head = (
            "network",
            "side",
            "batch",
            "images/s alone",
            "GB/s",
            "predicted",
            "by the clock",
            "by processor seconds",
        )
        print("\n".join(format_columns([head, RULE, *rows], "<>>>>>>>")))
    dist.destroy_process_group()


if __name__ == "__main__":
    mp.spawn(work_as, args=(int(sys.argv[1]) if len(sys.argv) > 1 else 5,), nprocs=2)
