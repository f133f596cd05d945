"""Counts of other tools: fvcore's, torchinfo's, ptflops' and torchvision's own numbers beside `count_like`.

    pip install fvcore torchinfo ptflops
    PYTHONPATH=src python benchmarks/counts.py [NETWORK...]
    PYTHONPATH=src python benchmarks/counts.py --store    # writes the numbers for tests/network/counts

Each tool runs on the torch module that `build` makes, for one image; fvcore in training mode, too. torchvision's number
is that of its weights' page; of networks that it has not, it is what torch.utils.flop_counter counts, by its rule of
convolutions and matrix products. torchinfo, which only needs shapes, runs on torch's meta device. The exit code is 1
where a difference is not 0.
"""

import argparse
import json
import logging
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import get_args

import ptflops
import torch
import torchinfo
import torchvision
from fvcore.nn import FlopCountAnalysis, parameter_count
from torch.utils.flop_counter import FlopCounterMode

from brickwork import zoo
from brickwork.model import Model
from brickwork.network import Network
from brickwork.network.columns import RULE, format_columns
from brickwork.network.counts import ToolName, count_like
from brickwork.weights.equivalents import EQUIVALENTS

NETWORKS = (
    "lenet5_1998", "lenet5_bn", "alexnet", "alexnet_owt", "vgg11_lrn", "vgg16", "nin", "googlenet", "googlenet_tv",
    "inception_v3", "inception_v4", "inception_resnet_v2", "resnet18", "resnet50", "resnet20", "preact_resnet50",
    "seresnet50", "resnext50_32x4d", "wide_resnet50_2", "wrn_16_4",
)  # fmt: skip
STORE = Path(__file__).parents[1] / "tests" / "network" / "counts" / "measured.json"
TABLES = {row.network: row.torchvision for row in EQUIVALENTS if row.torchvision}

Counted = tuple[float, float, int]  # the number, the number in training mode, and the parameters


def meta(network: Network) -> tuple[Model, torch.Tensor]:
    with torch.device("meta"):
        return Model(network).eval(), torch.empty(1, *network.input)


def run_fvcore(network: Network) -> Counted:
    """In training mode of two images, as batch norm refuses one value."""
    model = Model(network).eval()
    found = [flops(model.train(training), torch.zeros(1 + training, *network.input)) for training in (False, True)]
    return found[0], found[1] / 2, parameter_count(model)[""]


def flops(model: Model, images: torch.Tensor) -> int:
    analysis = FlopCountAnalysis(model, images).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(analysis.total())


def run_torchinfo(network: Network) -> Counted:
    model, images = meta(network)
    images = images.expand(2, -1, -1, -1)  # batch norm refuses one value in training mode
    found, training = (
        torchinfo.summary(model, input_data=images[:size], verbose=0, device="meta", mode=mode)
        for size, mode in ((1, "eval"), (2, "train"))
    )
    return found.total_mult_adds, training.total_mult_adds / 2, found.total_params


def run_ptflops(network: Network) -> Counted:
    """It always counts in evaluation mode; not on the meta device, whose own Python it would count."""
    model = Model(network)
    words = {"print_per_layer_stat": False, "as_strings": False}
    number, params = ptflops.get_model_complexity_info(model, tuple(network.input), **words)
    return number, number, params


def run_torchvision(network: Network) -> Counted:
    """The figure of its weights' page, or its rule by torch's counter, in which a multiply-add is two."""
    if network.name in TABLES:
        page = next(iter(torchvision.models.get_model_weights(TABLES[network.name]))).meta
        return page["_ops"], page["_ops"], page["num_params"]
    model, images = meta(network)
    with FlopCounterMode(display=False) as counter:
        model(images)
    number = round(counter.get_total_flops() / 2 / 1e9, 3)
    return number, number, sum(weight.numel() for weight in model.parameters())


RUNS = {"fvcore": run_fvcore, "torchinfo": run_torchinfo, "ptflops": run_ptflops, "torchvision": run_torchvision}


def compare(name: str, tool: ToolName) -> tuple[Counted, Counted]:
    """What the tool counts, and what we say that it counts."""
    network = zoo.network(name)
    ours = count_like(network, tool)
    return RUNS[tool](network), (ours.number, ours.in_training, ours.params)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--store", action="store_true", help="write the tools' numbers for the tests")
    words = parser.parse_args()
    versions = {tool: version(tool) for tool in ("torch", *RUNS)}
    print(", ".join(f"{tool} {number}" for tool, number in versions.items()), flush=True)
    cells, stored = [], {}
    for name in words.networks:
        for tool in get_args(ToolName):
            theirs, ours = compare(name, tool)
            stored.setdefault(name, {})[tool] = theirs
            apart = [there - here for there, here in zip(theirs, ours, strict=True)]
            star = "*" if tool == "torchvision" and name not in TABLES else ""
            cells.append((name, tool + star, f"{theirs[0]:,}", f"{ours[0]:,}", *(f"{gap:,g}" for gap in apart)))
    head = ("network", "tool", "its number", "ours", "difference", "in training", "parameters")
    print("\n".join(format_columns([head, RULE, *cells], "<<>>>>>")))
    print("*: torchvision has no such network; its rule, by torch's counter")
    if words.store:
        STORE.write_text(json.dumps({"versions": versions, "counts": stored}, indent=1) + "\n")
    wrong = [cell for cell in cells if set(cell[4:]) != {"0"}]
    print(f"\n{len(words.networks)} networks, {len(cells)} numbers, {len(wrong)} of them with a difference")
    return 1 if wrong else 0


if __name__ == "__main__":
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")  # of torch.jit, which fvcore traces by
    sys.exit(main())
