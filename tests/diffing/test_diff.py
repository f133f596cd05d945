"""Edits: what they are, that they are the cheapest, what they cost, and what they are applied to."""

import json
import random
from functools import cache

import pytest

from brickwork import zoo
from brickwork.diffing import Delete, Insert, Reattach, Reclass, Regroup, Rename, Replace, Reshape, diff, layer_pairs
from brickwork.diffing.align import Aligner
from brickwork.diffing.prices import GONE, own_price, replace_price
from brickwork.diffing.series import Series, expr_of, series_of
from brickwork.diffing.text import path_range
from brickwork.errors import BrickworkError
from brickwork.network import (
    IDENTITY,
    Block,
    Chain,
    Concat,
    Expr,
    Layer,
    Named,
    Network,
    OnChange,
    Residual,
    SideHead,
    chain,
    named,
    stages,
    to_json,
)
from brickwork.network.algebra import Gate
from brickwork.network.blocks import conv
from brickwork.network.layers import AvgPool, BatchNorm, Conv, Dropout, Flatten, Linear, MaxPool, ReLU, Sigmoid

HEAD = chain(Flatten(), Linear(10))


def network(*body: Expr, head: Expr = HEAD, sides: tuple[SideHead, ...] = ()) -> Network:
    return Network("own", (3, 16, 16), 10, stages(body=chain(*body)), head, sides)


def test_a_layer_that_comes_costs_its_parameters_macs_and_bytes() -> None:
    one, two = network(Conv(4, 3, padding=1), Conv(8, 3)), network(Conv(4, 3, padding=1), ReLU(), Conv(8, 3))
    (edit,) = diff(one, two).edits
    assert isinstance(edit, Insert)
    assert (edit.path, edit.after, edit.before, edit.parts) == ("body.relu", ("body.relu",), (), (ReLU(),))
    assert edit.effect == (0, 0, 4 * 4 * 16 * 16, 0, 0)


def test_a_wider_layer_also_pays_for_what_reads_it() -> None:
    one, two = network(Conv(4, 3), ReLU(), Conv(8, 3)), network(Conv(6, 3), ReLU(), Conv(8, 3))
    (edit,) = diff(one, two).edits
    assert isinstance(edit, Replace)
    assert edit.words() == "conv: out 4 -> 6"
    own = (2 * (3 * 9 + 1), 14 * 14 * 2 * 3 * 9, 2 * 4 * 2 * 14 * 14)  # of itself, and the ReLU's bytes
    behind = (8 * 2 * 9, 12 * 12 * 8 * 2 * 9, 0)
    assert edit.effect == (*(a + b for a, b in zip(own, behind, strict=True)), 0, 0)


def test_a_stride_pays_for_the_field_behind_it() -> None:
    one, two = network(Conv(4, 3), Conv(4, 3)), network(Conv(4, 3, stride=2), Conv(4, 3))
    (edit,) = diff(one, two).edits
    assert edit.effect.field == (3 + 2 * 2) - (3 + 2)


def test_side_heads_cost_parameters_of_their_own() -> None:
    side = SideHead("side", "body", chain(Flatten(), Linear(10)), 0.3)
    one, two = network(Conv(4, 3)), network(Conv(4, 3), sides=(side,))
    (edit,) = diff(one, two).edits
    assert edit.effect == (0, 0, 0, 0, 10 * (4 * 14 * 14 + 1))
    assert edit.words() == "side reads body: Flatten(), Linear(10)"


def test_each_kind_of_edit_is_told_in_words() -> None:
    side = SideHead("side", "a", HEAD, 0.3)
    one = Network("one", (3, 16, 16), 10, stages(a=chain(conv(4, 3), MaxPool(2))), HEAD, (side,))
    two = Network(
        "two", (3, 20, 20), 5, stages(b=chain(Conv(4, 3, padding=1), Sigmoid(), Dropout(), AvgPool(2))),
        chain(Flatten(), Linear(5)), (SideHead("aside", "b", chain(Flatten(), Linear(5)), 0.4),),
    )  # fmt: skip
    found = [(type(edit), edit.mark, edit.path, edit.words()) for edit in diff(one, two).edits]
    assert found == [
        (Reshape, "~", "", "input 3x16x16 -> 3x20x20"),
        (Reclass, "~", "", "classes 10 -> 5"),
        (Rename, "~", "a", "name a -> b"),
        (Replace, "~", "a.relu", "ReLU() -> Sigmoid()"),
        (Insert, "+", "b.dropout", "Dropout()"),
        (Replace, "~", "a.maxpool", "MaxPool(2, stride=2) -> AvgPool(2, stride=2)"),
        (Replace, "~", "head.linear", "linear: out 10 -> 5"),
        (Reattach, "~", "side", "name side -> aside, reads a -> b, loss x 0.3 -> 0.4"),
        (Replace, "~", "side.linear", "linear: out 10 -> 5"),
    ]


def test_blocks_are_seen_through_and_their_names_follow() -> None:
    made = diff(zoo.network("vgg16"), zoo.network("vgg19"))
    inserted = [edit for edit in made.changes if isinstance(edit, Insert)]
    assert [edit.words() for edit in inserted] == [f"Conv({out}, 3, padding=1), ReLU()" for out in (256, 512, 512)]
    assert {type(edit) for edit in made.edits} == {Insert, Regroup}
    again = made.apply(zoo.network("vgg16"))
    assert repr(again.stages[2].body) == "vgg_block(4, 256)"


def test_equal_blocks_that_come_are_told_once_by_their_name() -> None:
    made = diff(zoo.network("resnet18"), zoo.network("resnet34"))
    assert [edit.words() for edit in made.changes] == [
        "basic(64)", "2 x basic(128)", "4 x basic(256)", "basic(512)",
    ]  # fmt: skip
    assert [edit.path for edit in made.changes] == ["stage2.2", "stage3", "stage4", "stage5.2"]


def test_other_names_alone_are_no_edits_of_what_a_network_does() -> None:
    one = network(Block("first", "1", chain(Conv(4, 3), ReLU())))
    two = network(Block("second", "2", chain(Conv(4, 3), ReLU())))
    made = diff(one, two)
    assert one == two
    assert (len(made.edits), made.changes, made.effect.params) == (1, (), 0)
    assert to_json(made.apply(one)) == to_json(two)
    assert "the same network" in str(made)


# The cheapest, by trying all ways


@cache
def cheapest(one: tuple[Layer, ...], two: tuple[Layer, ...]) -> int:
    """The price of the cheapest way between two rows of layers, by trying every first step."""
    if not one or not two:
        return GONE * len(one) + sum(map(own_price, two))
    ways = [GONE + cheapest(one[1:], two), own_price(two[0]) + cheapest(one, two[1:])]
    change = 0 if one[0] == two[0] else replace_price(one[0], two[0])
    return min(ways if change is None else [*ways, change + cheapest(one[1:], two[1:])])


LAYERS = (Conv(4, 3, padding=1), Conv(8, 3, padding=1), Conv(8, 1), ReLU(), Sigmoid(), BatchNorm(), AvgPool(2, 1),
          MaxPool(2, 1), Dropout(), Dropout(0.1))  # fmt: skip


def test_no_way_is_cheaper() -> None:
    chance = random.Random(5)
    unequal = 0
    for _ in range(300):
        one, two = (tuple(chance.choices(LAYERS, k=chance.randrange(8))) for _ in range(2))
        aligner = Aligner()
        found = aligner.distance(aligner.line(Series(one)), aligner.line(Series(two)))
        assert found == cheapest(one, two), (one, two)
        unequal += found > 0
    assert unequal > 200


def test_the_edits_cost_what_the_price_says() -> None:
    chance = random.Random(6)
    for _ in range(200):
        one, two = (chain(*chance.choices(LAYERS, k=chance.randrange(2, 9))) for _ in range(2))
        made = diff(*(Network("n", (4, 40, 40), 4, stages(a=Chain((*e.parts,))), Flatten()) for e in (one, two)))  # type: ignore[union-attr]
        paid = 0
        for edit in made.edits:
            match edit:
                case Insert(parts=parts):
                    paid += sum(own_price(part) for part in parts)
                case Delete(parts=parts):
                    paid += GONE * len(parts)
                case Replace(old=old, new=new):
                    paid += replace_price(old, new) or 0  # type: ignore[arg-type]
        assert paid <= made.price <= paid + 4 * 20  # ideas that are new come on top


# Expressions of every form, made by hand


def some_expr(chance: random.Random, depth: int) -> Expr:
    """An expression of any form, chains in chains and empty blocks too; its shapes need not fit."""
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(LAYERS)
    inside = [some_expr(chance, depth - 1) for _ in range(chance.randrange(1, 4))]
    form = chance.randrange(9)
    body = inside[0] if chance.random() < 0.5 else Chain(tuple(inside))
    return [
        Chain(tuple(inside)),
        chain(*inside),
        Concat((body, Named(f"y{chance.randrange(10**6)}", inside[-1]))),
        Residual(body, chance.choice([IDENTITY, OnChange(inside[-1])]), IDENTITY, chance.choice([ReLU(), IDENTITY])),
        Gate(body),
        Block(chance.choice("ab"), chance.choice("12"), chance.choice([body, IDENTITY])),
        Named(f"x{chance.randrange(10**6)}", body),
        Block("outer", "", Block("inner", "", body)),
        OnChange(body),
    ][form]


def test_a_series_gives_its_expression_back() -> None:
    chance = random.Random(7)
    for _ in range(2000):
        expr = some_expr(chance, 4)
        again = expr_of(series_of(expr))
        assert again == expr
        assert repr(again) == repr(expr)


def test_edits_between_expressions_of_every_form_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Effects aside: what is made by hand need not fit together."""
    monkeypatch.setattr("brickwork.diffing.script.CostSoFar", NoCost)
    chance = random.Random(8)
    for number in range(1500):
        one, two = (
            Network("n", (3, 9, 9), 2, (Named("a", some_expr(chance, 4)),), some_expr(chance, 2)) for _ in range(2)
        )
        if number % 3 == 0:  # nearly the same
            two = Network("n", (3, 9, 9), 2, one.stages, two.head)
        made = diff(one, two)
        assert to_json(made.apply(one)) == to_json(two), (one.parts(), two.parts())
        assert diff(one, one).edits == ()


class NoCost:
    """A tally of networks that cost nothing."""

    def __init__(self, network: Network) -> None:
        from brickwork.diffing import Effect

        self.sums = [Effect()]

    def advance(self, count: int) -> tuple[tuple[str, ...], object]:
        return (), self.sums[0]

    def next_paths(self, count: int) -> tuple[str, ...]:
        return ()


# What a diff is


@pytest.mark.parametrize(
    ("names", "other", "says"),
    [
        (("lenet5", "alexnet"), "vgg16", "the input is not what 'input 1x28x28 -> 3x227x227' begins with."),
        (("googlenet", "googlenet_bn"), "resnet50", "stage1.conv is not what 'conv: bias True -> False' begins with."),
        (("resnet34", "resnet18"), "vgg16", "stage2.2 is not what 'basic(64)' begins with."),
        (("alexnet", "alexnet_ungrouped"), "vgg16", "stage1.lrn is not what 'LocalResponseNorm()' begins with."),
    ],
)
def test_edits_are_refused_by_another_network(names: tuple[str, str], other: str, says: str) -> None:
    made = diff(*map(zoo.network, names))
    with pytest.raises(BrickworkError, match="the edits were made for another network: ") as refusal:
        made.apply(zoo.network(other))
    assert says in str(refusal.value)


def test_what_is_no_network_is_told() -> None:
    with pytest.raises(BrickworkError, match=r"the second network is a Network, as of bw\.zoo\.network, not str"):
        diff(zoo.network("lenet5"), "alexnet")  # type: ignore[arg-type]


def test_a_network_that_does_not_fit_is_told() -> None:
    with pytest.raises(BrickworkError, match=r"vgg16 on 3x9x9: stage4\.maxpool"):
        diff(zoo.network("lenet5"), zoo.network("vgg16", input=(3, 9, 9)))


def test_a_diff_is_a_value_with_a_short_repr_and_plain_data() -> None:
    one, two = zoo.network("lenet5"), zoo.network("alexnet")
    made = diff(one, two)
    assert made == diff(one, two)
    assert hash(made) == hash(diff(one, two))
    assert repr(made) == "Diff(lenet5 to alexnet: 18 edits, params=+60_903_518, macs=+723_990_296)"
    document = json.loads(json.dumps(made.to_dict()))
    assert (document["from"], document["to"], len(document["edits"])) == ("lenet5", "alexnet", 18)
    assert document["effect"]["params"] == sum(edit["params"] for edit in document["edits"]) == 60_903_518
    first = next(edit for edit in document["edits"] if edit["path"] == "stage1.conv")
    assert (first["kind"], first["old"], first["new"]) == ("replace", "Conv(6, 5, padding=2)", "Conv(96, 11, stride=4)")
    assert made._repr_html_().count("<tr>") == 20


def test_layers_that_stay_are_paired_in_order() -> None:
    one, two = zoo.network("lenet5"), zoo.network("alexnet")
    pairs = dict(layer_pairs(diff(one, two), one, two))
    assert pairs["stage1.sigmoid"] == "stage1.relu"
    assert pairs["head.linear3"] == "head.linear3"
    assert "stage3.conv" not in pairs.values()
    assert len(pairs) == len(list(one.layers()))


def test_named_parts_keep_their_paths() -> None:
    one = network(named("x", conv(4, 3)), Conv(8, 3))
    two = network(named("x", chain(conv(4, 3), BatchNorm())), Conv(8, 3))
    assert [edit.path for edit in diff(one, two).edits] == ["body.x.norm"]


@pytest.mark.parametrize(
    ("first", "last", "both"),
    [
        ("stage2.1.conv", "stage2.5.conv", "stage2.1-5.conv"),
        ("stage2.0.body", "stage5.2.body", "stage2.0-stage5.2.body"),
        ("stage4", "stage5", "stage4-stage5"),
        ("a.b", "a.b", "a.b"),
    ],
)
def test_paths_are_told_as_a_range(first: str, last: str, both: str) -> None:
    assert path_range(first, last) == both


def test_a_table_tells_equal_edits_of_neighbours_once() -> None:
    text = str(diff(zoo.network("resnet50"), zoo.network("seresnet50")))
    assert "stage2.0-stage5.2.body.se.gate  se: gate of 5 layers (x 16)  +2,530,992" in text
    assert max(map(len, text.splitlines())) <= 120
