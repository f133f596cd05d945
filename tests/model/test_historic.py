"""LeNet-5 of 1998, worked out by numpy from the paper's section II.B, Table I and appendix A."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model, build
from brickwork.model.build import module
from brickwork.network import cost
from brickwork.network.historic import RadialBasis

Array = NDArray[np.float64]

TABLE = """
X . . . X X X . . X X X X . X X
X X . . . X X X . . X X X X . X
X X X . . . X X X . . X . X X X
. X X X . . X X X X . . X . X X
. . X X X . . X X X X . X X . X
. . . X X X . . X X X X . X X X
"""  # rows: the maps of S2; columns: the maps of C3 that read them
READS = np.array([[cell == "X" for cell in row.split()] for row in TABLE.split("\n") if row])


@pytest.fixture(scope="module")
def model() -> Model:
    made = build(zoo.network("lenet5_1998")).eval()
    chance = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn(weight.shape, generator=chance) / 4)
    return made


def arrays(model: Model) -> dict[str, Array]:
    return {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}


def squash(x: Array) -> Array:
    return 1.7159 * np.tanh(2 / 3 * x)


def convolved(x: Array, weight: Array, bias: Array) -> Array:
    """Every map that leaves is the sum over the maps that it reads; no padding, steps of one."""
    kernel = weight.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(1, 2))
    return np.einsum("chwij,ocij->ohw", windows, weight) + bias[:, None, None]


def subsampled(x: Array, weight: Array, bias: Array) -> Array:
    maps, high, wide = x.shape
    sums = x.reshape(maps, high // 2, 2, wide // 2, 2).sum((2, 4))
    return sums * weight[:, None, None] + bias[:, None, None]


def spread_out(weight: Array) -> Array:
    """One kernel after another, map of C3 by map of C3, as the table has crosses."""
    kernels = iter(weight)
    whole = np.zeros((16, 6, 5, 5))
    for out in range(16):
        for read in range(6):
            if READS[read, out]:
                whole[out, read] = next(kernels)
    assert next(kernels, None) is None
    return whole


def stages_of(image: Array, w: dict[str, Array]) -> dict[str, Array]:
    found = {"c1": squash(convolved(image, w["c1.conv.weight"], w["c1.conv.bias"]))}
    found["s2"] = squash(subsampled(found["c1"], w["s2.subsampling.weight"], w["s2.subsampling.bias"]))
    found["c3"] = squash(convolved(found["s2"], spread_out(w["c3.conv.weight"]), w["c3.conv.bias"]))
    found["s4"] = squash(subsampled(found["c3"], w["s4.subsampling.weight"], w["s4.subsampling.bias"]))
    found["c5"] = squash(convolved(found["s4"], w["c5.conv.weight"], w["c5.conv.bias"]))
    found["f6"] = squash(w["f6.linear.weight"] @ found["c5"].ravel() + w["f6.linear.bias"])
    return found


def test_table_1_has_sixty_crosses() -> None:
    assert READS.sum() == 60
    assert READS.sum(0).tolist() == [3] * 6 + [4] * 9 + [6]


def test_every_stage_and_the_logits_are_those_of_the_paper(model: Model) -> None:
    images = np.random.default_rng(0).normal(0, 1, (2, 1, 32, 32))
    batch = torch.from_numpy(images).float()
    with torch.no_grad():
        features, logits = model.features(batch), model(batch).double().numpy()
    w = arrays(model)
    for number, image in enumerate(images):
        expected = stages_of(image, w)
        assert expected.keys() == features.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(features[name][number].numpy(), value, atol=1e-4)
        distances = ((expected["f6"][None] - w["head.codes"]) ** 2).sum(1)
        np.testing.assert_allclose(logits[number], -distances, rtol=1e-4)


def test_a_picture_of_a_digit_is_nearest_to_its_own_code(model: Model) -> None:
    head, codes = model.get_submodule("head"), model.get_buffer("head.codes")
    assert codes.shape == (10, 84)
    assert set(codes.unique().tolist()) == {-1.0, 1.0}
    logits: Tensor = head(codes)
    assert logits.diagonal().tolist() == [0] * 10
    assert logits.argmax(1).tolist() == list(range(10))
    differing = (codes[0] != codes[1]).sum().item()
    assert logits[0, 1].item() == -4 * differing  # each pixel is 2 away


def test_its_codes_are_no_parameters_and_its_counts_are_the_papers(model: Model) -> None:
    total = cost(zoo.network("lenet5_1998"))
    assert total.params == sum(weight.numel() for weight in model.parameters()) == 60_000
    trained = {name: sum(w.numel() for w in part.parameters()) for name, part in model.named_children()}
    assert trained == {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48_120, "f6": 10_164, "head": 0}


def test_subsampling_begins_as_the_mean_and_the_partial_convolution_within_its_bound() -> None:
    weights = arrays(build(zoo.network("lenet5_1998")))
    for name, maps in (("s2", 6), ("s4", 16)):
        assert weights[f"{name}.subsampling.weight"].tolist() == [0.25] * maps
        assert not weights[f"{name}.subsampling.bias"].any()
    kernels, bound = weights["c3.conv.weight"], 2.4 / (60 / 16 * 25)
    assert 0.98 * bound < np.abs(kernels).max() <= bound * 1.0001
    assert kernels.std() == pytest.approx(bound / np.sqrt(3), rel=0.05)
    assert not weights["c3.conv.bias"].any()


def test_further_classes_get_codes_of_their_own_and_more_than_there_are_is_refused() -> None:
    codes = build(zoo.network("lenet5_1998", classes=45)).get_buffer("head.codes")
    assert len({tuple(code) for code in codes.tolist()}) == 45
    assert torch.equal(codes[10], -codes[0].roll(-1))
    assert torch.equal(codes[23], codes[3].roll(-2))
    with pytest.raises(BrickworkError, match="there are codes for 840 classes at most, not 841"):
        zoo.network("lenet5_1998", classes=841)


def test_the_learning_reaches_every_kernel(model: Model) -> None:
    model.zero_grad()
    model(torch.randn(4, 1, 32, 32)).sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().amax(tuple(range(1, weight.dim()))).min() > 0, name
    model.zero_grad()


def test_a_code_is_one_where_its_picture_has_ink_and_minus_one_elsewhere() -> None:
    codes = module(RadialBasis(("#.#", "..#")), (3,)).get_buffer("codes")
    assert codes.tolist() == [[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]]
