"""Our networks beside torchvision's and timm's: names, shapes and logits, weights going both ways.

Names and shapes are compared for every network that both have, on the meta device, which holds no numbers. Logits
are compared, at two input sizes, for one network of every family and layout, among them every layout's deepest
traps (stride v1, ceil pooling, poolings that leave their padding out, a bare stem); deeper and wider ones repeat
the same blocks. `benchmarks/parity.py` compares the logits of all of them.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import build
from brickwork.weights import load_weights
from brickwork.weights.equivalents import Equivalent, equivalent
from brickwork.weights.layout import layouts_of
from brickwork.weights.save import LEGACY, on_the_side, under_their_names
from peers import compared, network, ours, parities, randomised, shared, sizes, theirs

REPRESENTATIVES = (
    "alexnet_owt",
    "vgg11[batchnorm=true]",
    "googlenet_tv",
    "inception_v3",
    "inception_v4",
    "inception_resnet_v2",
    "resnet18",
    "resnet50",
    "resnet50c",
    "resnet50d",
    "resnet18[stem=deep,shortcut=D]",
    "wide_resnet50_2",
    "resnext50_32x4d",
    "seresnet50",
    "seresnet50[stride=v1,stem=caffe]",
    "seresnext50_32x4d[stem=caffe]",
    "preact_resnet18[stem=bare]",
    "preact_resnet50[stem=bare]",
)
SAME_CODE = ("resnet18", "resnet50", "wide_resnet50_2", "resnext50_32x4d", "inception_v3")  # timm's is torchvision's

EVERY = shared()
MEASURED = [(row, lib) for row, lib in EVERY if row.network in REPRESENTATIVES]
MEASURED = [(row, lib) for row, lib in MEASURED if not (lib == "timm" and row.network in SAME_CODE)]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small convolutions on many threads wait for each other, most of all beside other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def label(row: Equivalent, library: str) -> str:
    return f"{library}-{getattr(row, library)}"


@pytest.mark.parametrize(("row", "library"), EVERY, ids=[label(*each) for each in EVERY])
def test_every_tensor_has_their_name_and_shape(row: Equivalent, library: str) -> None:
    model = ours(network(row, library, classes=7))
    assert equivalent(model.network) == row
    names = "cadene" if getattr(row, library).startswith(LEGACY) else library
    layout = next(layout for layout in layouts_of(model) if layout.library == names)
    slots = [slot for slot in layout.slots if library != "timm" or not on_the_side(model, slot)]
    mine = {slot.theirs: slot.stored for slot in slots}
    there = theirs(row, library, classes=7).state_dict()
    assert mine == {n: tuple(t.shape) for n, t in there.items() if not n.endswith("num_batches_tracked")}


@pytest.mark.parametrize(("row", "library"), MEASURED, ids=[label(*each) for each in MEASURED])
def test_logits_are_theirs_whichever_way_the_weights_go(row: Equivalent, library: str, tmp_path: Path) -> None:
    found = list(parities(row, library, sizes(row), tmp_path))
    assert {(each.way, each.size) for each in found} == {(w, s) for w in ("in", "out") for s in sizes(row)}
    assert max(each.difference for each in found) < 1e-5


def test_pooling_before_the_norm_or_after_it_is_the_same_while_no_scale_is_negative(tmp_path: Path) -> None:
    row = next(row for row, _ in EVERY if row.timm == "resnetv2_50")
    there = randomised(theirs(row, "timm"), 0)
    here = build(zoo.network("preact_resnet50"))  # the paper's order: norm, then pooling
    torch.save(there.state_dict(), tmp_path / "positive.pth")
    load_weights(here.eval(), tmp_path / "positive.pth")
    assert compared("in", here, there, 64).difference < 1e-5
    there.get_parameter("stages.0.blocks.0.norm1.weight").data[3] = -0.5
    torch.save(there.state_dict(), tmp_path / "negative.pth")
    with pytest.raises(BrickworkError, match=r"channel 3 has -0.5: its weights are for preact_resnetN\[stem=bare\]"):
        load_weights(here, tmp_path / "negative.pth")
    bare = build(zoo.network("preact_resnet50[stem=bare]")).eval()
    load_weights(bare, tmp_path / "negative.pth")
    assert compared("in", bare, there, 64).difference < 1e-5


def test_a_basic_block_of_timm_goes_around_the_norm_so_the_papers_refuses_its_weights(tmp_path: Path) -> None:
    row = next(row for row, _ in EVERY if row.timm == "resnetv2_18")
    torch.save(randomised(theirs(row, "timm"), 0).state_dict(), tmp_path / "timm.pth")
    with pytest.raises(BrickworkError, match=r"goes around the stem's norm: its weights are for .*stem=bare"):
        load_weights(build(zoo.network("preact_resnet18")), tmp_path / "timm.pth")


def test_weights_of_v1_fit_v15_and_give_other_logits(tmp_path: Path) -> None:
    """Why a tag declares its network: no name and no shape says where the stride is."""
    model = randomised(build(zoo.network("resnet50[stride=v1]")), 0)
    torch.save(under_their_names(model, list(layouts_of(model)[0].slots)), tmp_path / "v1.pth")
    other = build(zoo.network("resnet50")).eval()
    assert load_weights(other, tmp_path / "v1.pth").layout == "torchvision"
    assert compared("in", other, model, 64).difference > 0.01


def test_every_resnet_of_timm_is_compared_or_has_its_reason() -> None:
    import timm

    text = (Path(__file__).parents[2] / "docs" / "weights.md").read_text()
    unsaid = text.partition("<!-- unsaid -->")[2].partition("<!-- /unsaid -->")[0]
    names = [name for line in unsaid.splitlines() for name in re.findall(r"`(\w+)`", line.partition(" | ")[0])]
    patterns = ("resnet*", "resnext*", "wide_resnet*", "seresne*", "legacy_se*")
    every = [name for pattern in patterns for name in timm.list_models(pattern)]
    compared = [row.timm for row, library in EVERY if library == "timm"]
    assert sorted([*names, *(name for name in compared if name in every)]) == sorted(every)


def test_the_table_in_the_documentation_has_every_network_that_both_have() -> None:
    text = (Path(__file__).parents[2] / "docs" / "weights.md").read_text()
    table = text.partition("<!-- parity -->")[2].partition("<!-- /parity -->")[0]
    rows = [line.replace("`", "").split(" | ")[:3] for line in table.strip().splitlines()[2:]]
    assert [tuple(row) for row in rows] == [(f"| {row.network}", lib, getattr(row, lib)) for row, lib in EVERY]
