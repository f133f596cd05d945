"""The layer that makes the logits, and other numbers of classes."""

import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.network import Expr, Network, block, chain, stages
from brickwork.network.classifier import classifiers, with_classes
from brickwork.network.layers import Flatten, Linear, ReLU

NO_CLASSIFIER = ["lenet5_1998"]
OTHERWISE = ["nin_lecture"]  # whose whole last block is as wide as there are classes


@pytest.mark.parametrize("name", [name for name in zoo.names() if name not in NO_CLASSIFIER + OTHERWISE])
def test_a_network_with_other_classes_is_the_one_that_the_zoo_makes(name: str) -> None:
    changed, made = with_classes(zoo.network(name), 7), zoo.network(name, classes=7)
    assert changed.classes == 7
    assert classifiers(changed) == classifiers(made)
    if not name.startswith("nin"):  # a block says how it was changed
        assert changed == made


@pytest.mark.parametrize("name", NO_CLASSIFIER)
def test_a_network_whose_scores_come_from_codes_has_no_classifier_to_change(name: str) -> None:
    with pytest.raises(BrickworkError, match="its last layer cannot make another number of classes"):
        with_classes(zoo.network(name), 7)


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
