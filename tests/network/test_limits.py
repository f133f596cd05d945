"""What a network costs is judged before it is built."""

import re
from time import perf_counter

import pytest

from brickwork import build, zoo
from brickwork.errors import BrickworkError
from brickwork.network import Network, chain, cost, from_json, stages, to_json, with_input
from brickwork.network.layer import Layer
from brickwork.network.layers import (
    AdaptiveAvgPool,
    Conv,
    Flatten,
    GlobalAvgPool,
    Linear,
    LocalResponseNorm,
    MaxPool,
    PadShortcut,
    cells,
)
from brickwork.network.limits import check_limits, images_at_once

GB = 10**9


def network(*layers: Layer, input: tuple[int, int, int] = (3, 32, 32)) -> Network:
    return Network("own", input, 10, stages(stage1=chain(*layers)), chain(GlobalAvgPool(), Flatten(), Linear(10)))


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (AdaptiveAvgPool(100_000), "stage1 takes 120.0 GB for one image, and 4.0 GB can be had"),
        (Conv(1, 1, padding=1_000_000), "takes "),
        (Conv(1, 1, stride=2_000_000, padding=1_000_000), "takes "),
        (PadShortcut(2 * 10**7), "takes 82.0 GB"),
        (LocalResponseNorm(10**9), "stage1 takes 4,096.0 GB"),
        (Conv(10**9, 1), r"its weights take 56\.0 GB"),
        (MaxPool(30_000, 1, 15_000), "takes "),
    ],
)
def test_layers_that_need_more_than_there_is_are_refused_at_once(layer: Layer, says: str) -> None:
    start = perf_counter()
    with pytest.raises(BrickworkError, match=says):
        check_limits(network(layer), 4 * GB)
    assert perf_counter() - start < 1


def test_an_input_of_a_hundred_thousand_squared_is_refused() -> None:
    with pytest.raises(BrickworkError, match=r"resnet18 on 3x100000x100000: stem\.norm takes 1,280\.0 GB for"):
        check_limits(with_input(zoo.network("resnet18"), (3, 100_000, 100_000)), 8 * GB)


def test_an_image_that_takes_days_is_refused() -> None:
    slow = network(MaxPool(2001, 1, 1000), input=(3, 2000, 2000))
    with pytest.raises(BrickworkError, match=r"one image takes 4\.8e\+13 operations"):
        check_limits(slow, 8 * GB)


def test_the_largest_networks_of_the_zoo_are_not() -> None:
    for name in ("vgg19", "resnet152", "inception_resnet_v2", "wrn_28_10"):
        check_limits(zoo.network(name), GB)
    check_limits(with_input(zoo.network("resnet50"), (3, 2048, 2048)), 4 * GB)


def test_what_is_counted_is_what_a_layer_reads_and_writes() -> None:
    one = network(Conv(8, 3))
    conv = 4 * (3 * 32 * 32 + 8 * 30 * 30)
    assert images_at_once(one, 4 * conv * 7, 100) == 7
    assert images_at_once(one, 0, 100) == 1
    assert images_at_once(one, GB, 100) == 100


def test_a_dense_layer_that_no_memory_holds_is_not_built() -> None:
    huge = Network("own", (3, 64, 64), 10**9, stages(stage1=Conv(4, 1)), chain(Flatten(), Linear(10**9)))
    with pytest.raises(BrickworkError, match=r"own: its weights take 65,540\.0 GB, and .* can be had"):
        build(huge)


def test_strides_that_multiply_beyond_64_bits_are_refused() -> None:
    deep = network(*(MaxPool(1, 2**31 - 1) for _ in range(5)))
    with pytest.raises(BrickworkError, match="beyond 64 bits"):
        cost(deep)


def test_an_argument_beyond_torchs_32_bits_is_refused() -> None:
    with pytest.raises(BrickworkError, match="MaxPool: torch counts to 2,147,483,647"):
        MaxPool(2, 2**31)


def test_a_document_has_so_many_parts_and_texts_of_such_lengths() -> None:
    text = to_json(network(Conv(4, 3)))
    layers = ", ".join(['{"layer": "ReLU"}'] * 60_000)
    many = text.replace('"head": [', f'"head": [{layers}, ')
    assert many != text
    with pytest.raises(BrickworkError, match="more than 50,000 parts"):
        from_json(many)
    for name, says in (("x" * 10_001, "more than 10,000 characters"), ("\\u001b[31m", "control characters")):
        with pytest.raises(BrickworkError, match=re.escape(says)):
            from_json(text.replace('"own"', f'"{name}"'))


def test_the_cells_of_an_adaptive_pool_are_counted_without_a_loop() -> None:
    for size in range(1, 40):
        for count in range(1, 40):
            most = max(-(-(i + 1) * size // count) - i * size // count for i in range(count))
            assert cells(size, count)[0] == most
    assert cells(224, 10**9)[0] == 2
