"""Labels as papers write them."""

import pytest

from brickwork.drawing.reading.label import block_label, layer_label, names_text, rates_text
from brickwork.network import Layer, block, chain
from brickwork.network.historic import PartialConv, Subsampling
from brickwork.network.layers import (
    AdaptiveAvgPool,
    AvgPool,
    Conv,
    Dropout,
    GlobalAvgPool,
    Linear,
    LocalResponseNorm,
    MaxPool,
    PadShortcut,
    Scale,
    StochasticDepth,
)


@pytest.mark.parametrize(
    ("layer", "label"),
    [
        (Conv(128, 3, 2), "3x3 conv, 128, /2"),
        (Conv(64, 1), "1x1 conv, 64"),
        (Conv(192, (1, 7)), "1x7 conv, 192"),
        (Conv(64, 3, (2, 1)), "3x3 conv, 64, /2x1"),
        (Conv(128, 3, groups=32), "3x3 conv, 128, 32 groups"),
        (Conv(64, 3, groups=64), "3x3 depthwise conv, 64"),
        (PartialConv(((0, 1), (2,)), 5), "5x5 conv, 2, partial"),
        (MaxPool(3, stride=2), "3x3 max pool, /2"),
        (AvgPool(3, stride=1), "3x3 avg pool"),
        (GlobalAvgPool(), "global avg pool"),
        (AdaptiveAvgPool((7, 5)), "avg pool to 7x5"),
        (Subsampling(), "2x2 subsampling, /2"),
        (Linear(4096), "dense, 4096"),
        (PadShortcut(32, 2), "pad to 32, /2"),
        (LocalResponseNorm(), "response norm"),
        (Dropout(0.5), "dropout"),
        (StochasticDepth(0.5), "stochastic depth"),
        (Scale(0.1), "times 0.1"),
    ],
)
def test_a_layer_is_labelled_as_in_papers(layer: Layer, label: str) -> None:
    assert layer_label(layer, (64, 8, 8)) == label


def test_a_layer_of_ones_own_is_labelled_by_what_it_is_called() -> None:
    class Fold(Layer):
        kind = "fold"

        def __repr__(self) -> str:
            return "Fold(" + "1" * 50 + ")"

    assert layer_label(Fold(), (1, 2, 2)) == "Fold(" + "1" * 22 + "…"


def test_a_closed_block_says_its_channels_and_by_how_much_it_shrinks_the_map() -> None:
    @block
    def reduce_a() -> Conv:
        return Conv(1, 1)

    assert block_label(reduce_a(), (3, 35, 35), (128, 17, 17)) == "reduce a, 128, /2"
    assert block_label(reduce_a(), (3, 35, 35), (128, 35, 35)) == "reduce a, 128"
    assert block_label(reduce_a(), (3, 35, 35), (128,)) == "reduce a, 128"


def test_a_block_named_by_a_letter_says_that_it_is_one() -> None:
    @block
    def b() -> Conv:
        return Conv(1, 1)

    assert block_label(b(), (3, 17, 17), (768, 17, 17)) == "b block, 768"
    assert chain(b()) == b()


def test_ranges_of_names_and_rates() -> None:
    assert names_text(("6c",)) == "6c"
    assert names_text(("6c", "6d", "6e")) == "6c to 6e"
    assert names_text(("se", "se")) == "se"
    assert rates_text((0.5,)) == rates_text((0.5, 0.5)) == "0.5"
    assert rates_text((0.0185, 0.25, 0.5)) == "0.018 to 0.5"
