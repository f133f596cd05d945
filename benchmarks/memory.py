"""Memory of a training: what is predicted to be kept for backward over what torch keeps.

    python benchmarks/memory.py            # on 12 networks in fp32 and bf16
    python benchmarks/memory.py --limit    # the stated batch trains under a limit, and 1.15 of it does not
    python benchmarks/memory.py --peak     # predicted total beside torch.cuda.max_memory_allocated, on a GPU

What torch keeps is counted by torch.autograd.graph.saved_tensors_hooks, each storage once, without the weights
themselves and the norms' running averages; channels last, as training has it. `before` is what layers write.

--limit sets RLIMIT_DATA, which counts a process's own writable memory, where tensors lie. RLIMIT_AS would count what
torch's libraries map and never touch, gigabytes, too, and a cgroup needs rights that not everyone has. What the process
holds before the network is built, after a step of a small one, is added to the limit. The stated batch is that of `show
--memory`. Each training runs in a process of its own; "held" is what it came to hold of what is said.
"""

import argparse
import os
import resource
import subprocess
import sys
from math import ceil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from brickwork import cost, zoo
from brickwork.model import Model
from brickwork.network import Network
from brickwork.network.memory import largest_batch, training_memory

NETWORKS = (
    "lenet5", "alexnet", "vgg16", "nin", "googlenet", "inception_v3", "resnet20", "resnet50",
    "preact_resnet18", "seresnet50", "wrn_16_4", "inception_resnet_v2",
)  # fmt: skip
BATCH = 2
LIMITED = {"resnet20": 200_000_000, "googlenet": 1_500_000_000, "resnet50": 2_000_000_000}  # bytes for the training
SHARE = 1.15  # of the stated batch, which is too much
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "1"}  # what is freed goes back at once
NO_MEMORY = 3  # exit code of a step that found none


def kept(network: Network, batch: int, half: bool) -> int:
    """Bytes of the storages that a forward pass and the loss leave for the backward pass."""
    torch.manual_seed(0)
    model = Model(network).train().to(memory_format=torch.channels_last)
    images = torch.randn(batch, *network.input).to(memory_format=torch.channels_last)
    own = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    alive: list[Tensor] = []  # so that no two storages have one place
    sizes: dict[int, int] = {}

    def save(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            sizes[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor.detach())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits = model.all_logits(images)
        targets = torch.zeros(batch, dtype=torch.int64)
        terms = [functional.cross_entropy(scores.float(), targets) for scores in logits.values()]
        loss = torch.stack(terms).sum()
    assert loss.requires_grad
    return sum(sizes.values())


def compare(names: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = []
    print(f"torch {torch.__version__}, CPU, batch {BATCH}")
    print(f"{'network':22}{'dtype':7}{'kept MB':>9}{'predicted/kept':>16}{'before':>8}")
    for name in names:
        network = zoo.network(name)
        written = BATCH * sum(row.bytes for row in cost(network).rows_with_side_heads)
        for precision in ("fp32", "bf16"):
            found = kept(network, BATCH, precision == "bf16")
            ratio = training_memory(network, BATCH, precision=precision, device="cpu").kept / found
            rows.append({"network": name, "precision": precision, "kept": found, "ratio": ratio})
            print(f"{name:22}{precision:7}{found / 1e6:9.1f}{ratio:16.4f}{written / found:8.2f}", flush=True)
    return rows


def train(network: Network, batch: int, device: str) -> None:
    """Two steps of SGD with momentum, as the trainer takes them; the first one, of two images, makes the momentum."""
    model = Model(network).train().to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    for size in (2, batch):
        optimizer.zero_grad()
        images = torch.zeros(size, *network.input, device=device).to(memory_format=torch.channels_last)
        targets = torch.zeros(size, dtype=torch.int64, device=device)
        terms = [functional.cross_entropy(logits, targets) for logits in model.all_logits(images).values()]
        torch.stack(terms).sum().backward()
        optimizer.step()


def data_bytes() -> int:
    """This process's own writable memory, as RLIMIT_DATA counts it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmData")) * 1024


def limited_step(name: str, batch: int, memory: int) -> int:
    """Trains under a limit, in a process of its own: 0, or NO_MEMORY. Prints how much more memory it came to hold."""
    torch.set_num_threads(1)
    train(zoo.network("lenet5"), 1, "cpu")  # torch's own memory for threads and kernels
    limit = data_bytes() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        train(zoo.network(name), batch, "cpu")
    except (MemoryError, RuntimeError) as fault:
        if isinstance(fault, RuntimeError) and "memory" not in str(fault):
            raise
        return NO_MEMORY
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
    return 0


def try_step(name: str, batch: int, memory: int) -> int | None:
    """Bytes that a process came to hold as it trained on so many images; None where the limit was too low."""
    words = [sys.executable, __file__, "--step", name, str(batch), str(memory)]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **MALLOC}, check=False)
    if done.returncode not in (0, NO_MEMORY):
        sys.exit(f"{name}, batch {batch}: exit code {done.returncode}\n{done.stderr}")
    return None if done.returncode else int(done.stdout)


def limits() -> bool:
    """Whether each stated batch trains under its limit, and 1.15 of it does not."""
    print(f"torch {torch.__version__}, CPU, fp32, SGD with momentum; RLIMIT_DATA")
    print(f"{'network':12}{'limit MB':>9}{'batch':>7}{'trains':>8}{'held/said':>11}{'1.15 of it':>12}{'trains':>8}")
    held = True
    for name, memory in LIMITED.items():
        batch = largest_batch(zoo.network(name), memory, device="cpu")
        said = training_memory(zoo.network(name), batch, device="cpu").total
        more = ceil(SHARE * batch)
        fits, fails = try_step(name, batch, memory), try_step(name, more, memory)
        share = f"{fits / said:.2f}" if fits else ""
        words = ["no" if found is None else "yes" for found in (fits, fails)]
        print(f"{name:12}{memory / 1e6:9.0f}{batch:7}{words[0]:>8}{share:>11}{more:12}{words[1]:>8}", flush=True)
        held &= words == ["yes", "no"]
    return held


def peaks(names: tuple[str, ...], batch: int = 16) -> bool:
    """Whether the predicted total is within 15 % of what a GPU came to hold; says so where there is none."""
    if not torch.cuda.is_available():
        print("--peak needs a GPU, and there is none here: nothing was measured.")
        return True
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}, fp32, batch {batch}")
    ratios = []
    for name in names:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        train(zoo.network(name), batch, "cuda")
        peak = torch.cuda.max_memory_allocated()
        ratios.append(peak / training_memory(zoo.network(name), batch).total)
        print(f"{name:22}{peak / 1e6:10.1f} MB, of what is said {ratios[-1]:.3f}", flush=True)
    return all(1 / SHARE <= ratio <= SHARE for ratio in ratios)


def shares(names: tuple[str, ...]) -> bool:
    """Whether predicted over kept is between 0.9 and 1.1."""
    ratios = [row["ratio"] for row in compare(names)]
    held = all(0.9 <= ratio <= 1.1 for ratio in ratios)
    print(f"\nfrom {min(ratios):.3f} to {max(ratios):.3f}; between 0.9 and 1.1: {held}")
    return held


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--limit", action="store_true", help="train under a limit of the process's memory")
    parser.add_argument("--peak", action="store_true", help="beside torch.cuda.max_memory_allocated")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.step:
        name, batch, memory = words.step
        return limited_step(name, int(batch), int(memory))
    held = limits() if words.limit else peaks(tuple(words.networks)) if words.peak else shares(tuple(words.networks))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
