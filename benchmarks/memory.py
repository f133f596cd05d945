"""Memory of a training: what is predicted to be kept for backward over what torch keeps.

    python benchmarks/memory.py      # on 12 networks in fp32 and bf16

What torch keeps is counted by torch.autograd.graph.saved_tensors_hooks, each storage once, without the weights
themselves and the norms' running averages; channels last, as training has it. `before` is what layers write.
"""

import argparse
import sys
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from brickwork import cost, zoo
from brickwork.model import Model
from brickwork.network import Network
from brickwork.network.memory import training_memory

NETWORKS = (
    "lenet5", "alexnet", "vgg16", "nin", "googlenet", "inception_v3", "resnet20", "resnet50",
    "preact_resnet18", "seresnet50", "wrn_16_4", "inception_resnet_v2",
)  # fmt: skip
BATCH = 2


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    words = parser.parse_args()
    ratios = [row["ratio"] for row in compare(tuple(words.networks))]
    print(f"\nfrom {min(ratios):.3f} to {max(ratios):.3f}; between 0.9 and 1.1: {all(0.9 <= r <= 1.1 for r in ratios)}")
    sys.exit(not all(0.9 <= ratio <= 1.1 for ratio in ratios))


if __name__ == "__main__":
    main()
