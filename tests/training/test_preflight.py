from dataclasses import replace

import pytest

import bars
from brickwork import zoo
from brickwork.network import chain
from brickwork.network.layers import BatchNorm, Dropout, Linear
from brickwork.recipe.recipe import Recipe
from brickwork.training.preflight import batch_norm_range, warnings_for

NETWORK = bars.network()
FEW = "images at a time, and the mean and variance of fewer than 16 say little of the others."
KEEP = "begin with weights and freeze=-1, so that the norms stay as they are."


@pytest.mark.parametrize("name", zoo.names())
def test_no_network_is_warned_of_by_default(name: str) -> None:
    assert warnings_for(zoo.network(name), Recipe(), images=50_000) == ()


@pytest.mark.parametrize(
    ("recipe", "images", "workers", "fewest", "most"),
    [
        (Recipe(batch=64), 129, 1, 43, 43),
        (Recipe(batch=64), 6400, 4, 16, 16),
        (Recipe(batch=64, accumulate=4), 6400, 2, 8, 8),
        (Recipe(batch=64), 40, 1, 40, 40),
        (Recipe(batch=16), 33, 1, 11, 11),
    ],
)
def test_what_a_norm_sees_at_a_time(recipe: Recipe, images: int, workers: int, fewest: int, most: int) -> None:
    assert batch_norm_range(recipe, images, workers) == (fewest, most)


@pytest.mark.parametrize(
    ("recipe", "images", "workers", "sentence"),
    [
        (Recipe(batch=8), 800, 1, f"tiny: batch norm sees 8 {FEW} Take batch=16 or more, or {KEEP}"),
        (Recipe(batch=64, accumulate=2), 800, 4, f"tiny: batch norm sees 7 {FEW} Take batch=134 or more, or {KEEP}"),
        (Recipe(batch=64), 9, 1, f"tiny: batch norm sees 9 {FEW} There are not enough images for more: {KEEP}"),
        (Recipe(batch=16), 20, 1, f"tiny: batch norm sees 10 {FEW} Take batch=20 or more, or {KEEP}"),
        (
            Recipe(batch=2),
            3,
            1,
            "tiny: batch norm sees a single image at a time and has no other to compare it with. "
            f"There are not enough images for more: {KEEP}",
        ),
        (
            Recipe(batch=4096),
            40_960,
            2,
            "tiny: batch norm sees 2048 images at a time; beyond 512 its statistics hardly vary, which costs accuracy. "
            "Compute a batch in parts: accumulate=4.",
        ),
    ],
)
def test_a_batch_outside_of_the_safe_range_is_said_with_what_to_do(
    recipe: Recipe, images: int, workers: int, sentence: str
) -> None:
    assert warnings_for(NETWORK, recipe, images, workers) == (sentence,)


@pytest.mark.parametrize("recipe", [Recipe(batch=16), Recipe(batch=512), Recipe(batch=2048, accumulate=4)])
def test_what_is_advised_brings_no_warning(recipe: Recipe) -> None:
    assert warnings_for(NETWORK, recipe, images=8192) == ()


def test_norms_that_stay_frozen_need_no_batch() -> None:
    assert warnings_for(NETWORK, Recipe(batch=2, freeze=-1), images=100) == ()
    assert warnings_for(NETWORK, Recipe(batch=2, freeze=1), images=100)
    assert warnings_for(NETWORK, Recipe(batch=2, freeze=-1, unfreeze=1), images=100)


def test_a_network_without_batch_norm_is_not_warned_of() -> None:
    assert warnings_for(zoo.network("vgg11"), Recipe(batch=1), images=100) == ()


def test_dropout_before_batch_norm_is_said_with_its_place() -> None:
    (sentence,) = warnings_for(zoo.network("wrn_16_4[dropout=0.3]"), Recipe(), images=50_000)
    assert sentence.startswith("wrn_16_4[dropout=0.3]: stage1.0.body.dropout stands before the batch norm stage1.1")
    assert sentence.endswith("Put dropout behind the last norm, or leave it out.")


def test_dropout_in_a_side_head_is_looked_at_by_itself() -> None:
    network = bars.network(sides=True)
    inside = chain(network.side_heads[0].body, Dropout(0.5), BatchNorm(), Linear(4))
    spoilt = replace(network, side_heads=(replace(network.side_heads[0], body=inside),))
    assert [sentence[:40] for sentence in warnings_for(spoilt, Recipe(), 800)] == [
        "tiny: side1.dropout stands before the ba"
    ]
    assert warnings_for(network, Recipe(), 800) == ()


def test_dropout_that_drops_nothing_is_none() -> None:
    network = replace(NETWORK, head=chain(NETWORK.head, Dropout(0.0), BatchNorm()))
    assert len(warnings_for(network, Recipe(), 800)) == 1  # by the dropout of 0.2 before
    bare = replace(NETWORK, head=chain(Dropout(0.0), BatchNorm(), Linear(4)))
    assert warnings_for(bare, Recipe(), 800) == ()
