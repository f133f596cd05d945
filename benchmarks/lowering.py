"""What lowering does to every network of the zoo: layers and MACs before and after, and how far the logits move.

    python benchmarks/lowering.py [PATTERN]

Random weights and norms; narrow variants on small inputs for the logits, the whole networks for the counts. The
difference is the largest of any logit, relative to the largest logit, lowered against built, without and with merging.
Last: how far the original in float32 is from itself in float64, which no rewrite can go below.
"""

import sys

import torch
from torch import Tensor, nn

from brickwork import zoo
from brickwork.model import Model, build, lower
from brickwork.network import Network, cost, lower_network, smallest_input
from brickwork.network.columns import RULE, Row, format_columns

DEEPEST = {"seresnet152", "preact_resnet164", "preact_resnet1001", "resnet1202"}  # signals would grow beyond float32
HEAD = ("network", "layers", "lowered", "merged", "norms", "left", "MACs", "float32", "merged", "float64", "own")


def small(name: str) -> Network:
    whole = zoo.network(name)
    side = max(smallest_input(whole) or 0, 16 if whole.input[1] <= 32 else 32)
    narrow = name if name == "lenet5_1998" else f"{name}[width=0.25]"
    return zoo.network(narrow, input=(whole.input[0], side, side), classes=5)


def perturb(model: Model, low: float, high: float) -> Model:
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -0.3, 0.3)  # type: ignore[arg-type]
            nn.init.uniform_(layer.running_var, 0.5, 2)  # type: ignore[arg-type]
            nn.init.uniform_(layer.weight, low, high)
            nn.init.uniform_(layer.bias, -0.3, 0.3)
    return model.eval()


def difference(found: Tensor, wanted: Tensor) -> str:
    return f"{float((found.double() - wanted.double()).abs().max() / wanted.double().abs().max()):.0e}"


@torch.no_grad()
def differences(name: str) -> tuple[str, ...]:
    model = perturb(build(small(name)), *((0.2, 0.6) if name in DEEPEST else (0.5, 1.5)))
    images = torch.randn(2, *model.network.input)
    logits = model(images)
    moved = [difference(lower(model, merge=merge)(images), logits) for merge in (False, True)]
    exact = model.double()(images.double())
    return *moved, difference(lower(model, merge=True)(images.double()), exact), difference(logits, exact)


def counts(name: str) -> tuple[str, ...]:
    whole = zoo.network(name)
    made = [cost(network) for network in (whole, *(lower_network(whole, merge=m).network for m in (False, True)))]
    norms = [sum(row.kind == "norm" for row in total.rows) for total in made]
    assert len({total.macs for total in made}) == 1, "lowering changes no MACs"
    return *(str(len(total.rows)) for total in made), str(norms[0]), str(norms[1]), f"{made[0].macs:,}"


def main(pattern: str = "*") -> None:
    rows: list[Row] = [HEAD, RULE]
    for name in zoo.names(pattern):
        torch.manual_seed(0)
        rows.append((name, *counts(name), *differences(name)))
        print(f"\r{name:<30}", end="", file=sys.stderr, flush=True)
    print("", *format_columns(rows, "<>>>>>>>>>>"), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
