"""What holds for every ordered pair of the zoo."""

from functools import cache

import pytest

from brickwork import zoo
from brickwork.diffing import Regroup, Rename, diff
from brickwork.network import Cost, Network, cost, to_json


@cache
def network(name: str) -> Network:
    return zoo.network(name)


@cache
def numbers(name: str) -> tuple[str, Cost, int]:
    """The network as a text, with all names, its cost, and the side of its last stage's receptive field."""
    total = cost(network(name))
    stages = [row for row in total.rows if not row.path.startswith("head")]
    return to_json(network(name)), total, max(max(row.field) for row in stages)


@pytest.mark.parametrize("first", zoo.names())
def test_the_edits_make_the_second_network_and_their_effects_are_the_difference(first: str) -> None:
    before, field = numbers(first)[1:]
    for second in zoo.names():
        text, after, reach = numbers(second)
        made = diff(network(first), network(second))
        result = made.apply(network(first))
        assert result == network(second), second
        assert to_json(result) == text, second  # names, blocks' arguments and facts, too
        found = [sum(numbers) for numbers in zip(*(edit.effect for edit in made.edits), strict=True)] or [0] * 5
        sides = [each.params_with_side_heads - each.params for each in (before, after)]
        assert found[:3] == [after.params - before.params, after.macs - before.macs, after.bytes - before.bytes], second
        assert found[3:] == [reach - field, sides[1] - sides[0]], second
        assert tuple(found) == made.effect
        assert bool(made.edits) == (first != second), second


@pytest.mark.parametrize("names", [("resnet50", "seresnet50"), ("vgg16", "resnet34"), ("googlenet", "inception_v4")])
def test_what_names_alone_change_costs_nothing(names: tuple[str, str]) -> None:
    made = diff(*map(network, names))
    assert any(isinstance(edit, Regroup | Rename) for edit in made.edits)
    assert all(not any(edit.effect) for edit in made.edits if isinstance(edit, Regroup | Rename))
