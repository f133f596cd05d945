"""The layer that makes the logits, and other numbers of classes."""

from dataclasses import replace

import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.network import Expr, Network, block, chain, classifiers, residual, stages, with_classes
from brickwork.network.historic import RadialBasis
from brickwork.network.layers import Flatten, Linear, ReLU


def test_a_classifier_is_the_last_layer_whatever_the_width_of_those_before_it() -> None:
    assert list(classifiers(zoo.network("lenet5", classes=84))) == ["head.linear3"]
    assert with_classes(zoo.network("lenet5", classes=84), 10) == zoo.network("lenet5")


def test_a_block_that_is_as_wide_as_there_are_classes_is_a_classifier_as_a_whole() -> None:
    assert list(classifiers(zoo.network("nin_lecture"))) == ["head.0.conv1", "head.0.conv2", "head.0.conv3"]
    assert list(classifiers(zoo.network("nin"))) == ["head.0.conv3"]


def test_a_network_whose_scores_come_from_codes_has_no_classifier_but_codes_for_other_classes() -> None:
    network = zoo.network("lenet5_1998")
    with pytest.raises(BrickworkError, match="its last layer cannot make another number of classes"):
        classifiers(network)
    codes = RadialBasis(("#.", ".#"))
    with pytest.raises(BrickworkError, match="its last layer cannot make another number of classes"):
        with_classes(replace(network, classes=2, head=codes), 3)


def test_a_classifier_that_stands_in_no_chain_is_refused() -> None:
    head = chain(Flatten(), residual(Linear(2), Linear(2)))
    with pytest.raises(BrickworkError, match=r"one: a classifier stands in a chain, not in residual\(Linear\(2\)"):
        classifiers(Network("one", (3, 4, 4), 2, stages(stage1=ReLU()), head))


def test_side_heads_have_classifiers_too() -> None:
    network = with_classes(zoo.network("googlenet"), 7)
    assert {path: layer.out for path, layer in classifiers(network).items()} == {
        "head.linear": 7,
        "side1.linear2": 7,
        "side2.linear2": 7,
    }


@block
def scores() -> Expr:
    """The logits of two classes."""
    return Linear(2)


def test_a_block_without_arguments_says_so_too() -> None:
    network = Network("one", (3, 4, 4), 2, stages(stage1=chain(ReLU(), Flatten())), scores())
    assert repr(with_classes(network, 7).head) == "scores(classes=7)"


def test_a_block_that_changes_says_so() -> None:
    assert "nin_block(1024, 3, padding=1, inner=(1024, 1000), classes=7)" in repr(
        with_classes(zoo.network("nin"), 7).head
    )
