"""One process of several that normalise together: python norms.py RANK SIZE FOLDER

FOLDER holds cases.pt: of each case a network's JSON or a number of features, the images of each process, and weights of
the outputs. What a process gets of each is left in FOLDER/RANK.pt.
"""

import os
import sys
from pathlib import Path

import torch
from torch import nn

from brickwork.model import build
from brickwork.model.batchnorm import SyncBatchNorm, synchronise
from brickwork.network import from_json
from brickwork.training.parallel.group import join_group


def layer(kind: int | str) -> nn.Module:
    torch.manual_seed(0)
    if isinstance(kind, int):
        norm = SyncBatchNorm(kind, 1e-5, 0.1)
        nn.init.uniform_(norm.weight)
        nn.init.uniform_(norm.bias)
        return norm
    return build(from_json(kind), norm="sync").double()


def main(rank: int, size: int, folder: Path) -> None:
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(size), BRICKWORK_RENDEZVOUS=(folder / "meeting").as_uri())
    found = []
    with join_group() as group:
        for kind, images, away in torch.load(folder / "cases.pt"):
            norm = layer(kind)
            synchronise(norm, group)
            x = images[rank].requires_grad_()
            out = norm.train()(x)
            (out * away[rank]).sum().backward()
            gradients = [weight.grad for weight in norm.parameters()]
            found.append((out.detach(), x.grad, gradients, norm.state_dict()))
    torch.save(found, folder / f"{rank}.pt")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
