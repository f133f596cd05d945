"""Each rewrite alone: what becomes of the value, and which weights each layer takes."""

import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.network import (
    IDENTITY,
    Expr,
    Network,
    SideHead,
    block,
    chain,
    concat,
    cost,
    from_json,
    lower_network,
    named,
    residual,
    shape_after,
    stages,
    to_json,
    with_width,
)
from brickwork.network.layers import (
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Linear,
    MaxPool,
    ReLU,
    Scale,
    StochasticDepth,
)
from brickwork.network.lowering import (
    Copy,
    FoldNorm,
    FoldScale,
    Slice,
    Stack,
    drop_training_parts,
    fold_norms,
    fold_scales,
    merge_siblings,
)

HEAD = chain(GlobalAvgPool(), Flatten(), Linear(5))


def network(body: Expr, head: Expr = HEAD, *sides: SideHead) -> Network:
    return Network("tiny", (3, 16, 16), 5, stages(stage1=body), head, sides)


def test_a_norm_goes_into_the_convolution_before_it_which_gets_a_bias() -> None:
    step = fold_norms(network(chain(Conv(8, 3, bias=False), BatchNorm(eps=1e-3), ReLU())))
    assert step.network == network(chain(Conv(8, 3), ReLU()))
    assert dict(step.rules) == {
        "stage1.conv": FoldNorm("stage1.conv", "stage1.norm", 1e-3),
        "stage1.relu": Copy("stage1.relu"),
        "head.gap": Copy("head.gap"),
        "head.flatten": Copy("head.flatten"),
        "head.linear": Copy("head.linear"),
    }


def test_a_norm_goes_into_a_dense_layer() -> None:
    step = fold_norms(network(ReLU(), chain(Flatten(), Linear(7, bias=False), BatchNorm(), ReLU(), Linear(5))))
    assert step.network.head == chain(Flatten(), Linear(7), ReLU(), Linear(5))
    assert dict(step.rules)["head.linear1"] == FoldNorm("head.linear1", "head.norm", 1e-5)


@pytest.mark.parametrize(
    "body",
    [
        chain(BatchNorm(), ReLU(), Conv(8, 3)),
        chain(Conv(8, 3), ReLU(), BatchNorm()),
        chain(MaxPool(2), BatchNorm(), ReLU()),
        chain(residual(Conv(3, 1)), BatchNorm(), ReLU()),
        residual(Conv(3, 1), after=BatchNorm()),
        residual(chain(BatchNorm(), Conv(3, 1)), before=Conv(3, 1)),
    ],
)
def test_a_norm_with_no_convolution_right_before_stays(body: Expr) -> None:
    assert fold_norms(network(body)).network == network(body)


def test_names_follow_where_a_chain_of_two_becomes_one_layer() -> None:
    step = fold_norms(network(residual(chain(Conv(3, 1, bias=False), BatchNorm()), chain(Conv(3, 1), BatchNorm()))))
    assert step.network == network(residual(Conv(3, 1), Conv(3, 1)))
    rules = dict(step.rules)
    assert rules["stage1.body"] == FoldNorm("stage1.body.conv", "stage1.body.norm", 1e-5)
    assert rules["stage1.shortcut"] == FoldNorm("stage1.shortcut.conv", "stage1.shortcut.norm", 1e-5)


def test_a_layer_that_stands_twice_takes_each_time_its_own_weights() -> None:
    @block
    def unit() -> Expr:
        return chain(Conv(8, 3, padding=1), BatchNorm())

    one = unit()
    step = fold_norms(network(chain(one, one)))
    sources = [rule.source for _, rule in step.rules if isinstance(rule, FoldNorm)]
    assert sources == ["stage1.0.conv", "stage1.1.conv"]
    assert repr(step.network.stages[0].body) == "chain(unit(lowered=1), unit(lowered=1))"


def test_dropout_stochastic_depth_and_side_heads_go() -> None:
    body = chain(Dropout(0.2), residual(chain(Conv(3, 1), StochasticDepth(0.5, rescale="train"))))
    head = chain(GlobalAvgPool(), Dropout(), Flatten(), Linear(5))
    step = drop_training_parts(network(body, head, SideHead("side", "stage1", HEAD)))
    assert step.network == network(residual(Conv(3, 1)))
    assert ("stage1.body", Copy("stage1.0.body.conv")) in step.rules


def test_stochastic_depth_that_multiplies_at_test_leaves_the_survival_probability() -> None:
    step = drop_training_parts(network(residual(chain(Conv(3, 1), StochasticDepth(0.25)))))
    assert step.network == network(residual(chain(Conv(3, 1), Scale(0.75))))


def test_a_stage_of_dropout_alone_goes() -> None:
    whole = Network("tiny", (3, 16, 16), 5, stages(stage1=Conv(4, 3), stage2=Dropout()), HEAD)
    assert drop_training_parts(whole).network == network(Conv(4, 3))


def test_a_factor_goes_into_the_convolution_before_it() -> None:
    step = fold_scales(network(residual(chain(Conv(3, 1), Scale(0.1)))))
    assert step.network == network(residual(Conv(3, 1)))
    assert dict(step.rules)["stage1.body"] == FoldScale("stage1.body.conv", 0.1)
    alone = network(chain(ReLU(), Scale(0.1)))
    assert fold_scales(alone).network == alone


def pool_path() -> Expr:
    return chain(MaxPool(3, stride=1, padding=1), Conv(2, 1), ReLU())


def test_neighbouring_1x1_convolutions_become_one_whose_channels_are_sliced() -> None:
    paths = (chain(Conv(4, 1), ReLU()), chain(Conv(3, 1), ReLU(), Conv(6, 3, padding=1), ReLU()), pool_path())
    step = merge_siblings(network(concat(*paths)))
    inner = concat(Slice(0, 4), chain(Slice(4, 7), Conv(6, 3, padding=1), ReLU()))
    assert step.network == network(concat(chain(Conv(7, 1), ReLU(), inner), pool_path()))
    rules = dict(step.rules)
    assert rules["stage1.path1.conv"] == Stack(("stage1.path1.conv", "stage1.path2.conv1"))
    assert rules["stage1.path1.0.path2.conv"] == Copy("stage1.path2.conv2")
    assert rules["stage1.path2.conv"] == Copy("stage1.path3.conv")


def test_a_relu_stays_in_its_path_where_another_path_has_none() -> None:
    step = merge_siblings(network(concat(Conv(4, 1), chain(Conv(3, 1), ReLU()))))
    assert step.network == network(chain(Conv(7, 1), concat(Slice(0, 4), chain(Slice(4, 7), ReLU()))))


def test_named_paths_keep_their_names() -> None:
    step = merge_siblings(network(concat(named("a", chain(Conv(4, 1), ReLU())), named("b", Conv(3, 1)))))
    assert [path for path, _ in step.network.layers()][1:4] == ["stage1.0.a.slice", "stage1.0.a.relu", "stage1.0.b"]


@pytest.mark.parametrize(
    "paths",
    [
        (Conv(4, 1), pool_path(), Conv(4, 1)),  # not neighbours: their channels would change places
        (Conv(4, 3, padding=1), Conv(4, 3, padding=1)),
        (Conv(4, 1), Conv(4, 1, bias=False)),
        (Conv(3, 1, groups=3), Conv(3, 1, groups=3)),
        (chain(Conv(4, 1, 2), Conv(4, 1)), chain(Conv(4, 1), Conv(4, 1, 2))),
        (IDENTITY, Conv(4, 1)),
    ],
)
def test_other_paths_stay_as_they_are(paths: tuple[Expr, ...]) -> None:
    whole = network(concat(*paths))
    assert merge_siblings(whole).network == whole


def test_a_network_without_norms_dropout_and_side_heads_stays_equal() -> None:
    for name in ("lenet5", "lenet5_1998", "lenet_caffe", "googlenet_lecture"):
        whole = zoo.network(name)
        lowered = lower_network(whole)
        assert lowered.network == whole
        assert [repr(part) for part in lowered.network.parts()] == [repr(part) for part in whole.parts()]
        assert str(lowered).startswith("nothing to do; ")


@pytest.mark.parametrize("name", zoo.names())
def test_a_lowered_network_is_a_value_like_any_other(name: str) -> None:
    whole = zoo.network(name)
    for merge in (False, True):
        lowered = lower_network(whole, merge=merge).network
        assert from_json(to_json(lowered)) == lowered
        assert cost(lowered).macs == cost(whole).macs
        assert len(cost(lowered).rows) <= len(cost(whole).rows) or merge
        assert not {row.kind for row in cost(lowered).rows} & {"dropout", "drop", "scale"}
        assert lowered.side_heads == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet50", "folded 53 norms; layers 159 -> 106, MACs 4,089,184,256 -> 4,089,184,256."),
        ("preact_resnet18", "folded 9 norms; left 8 norms with no convolution right before; layers"),
        ("inception_resnet_v2", "folded 204 norms; folded 39 factors; dropped 1 dropout; layers"),
        ("googlenet", "dropped 1 dropout; dropped 2 side heads; layers"),
    ],
)
def test_a_lowering_says_what_was_done(name: str, said: str) -> None:
    assert said in str(lower_network(zoo.network(name)))


def test_merging_says_how_many_convolutions_became_how_many() -> None:
    said = str(lower_network(zoo.network("googlenet"), merge=True))
    assert "merged 27 1x1 convolutions into 9; layers" in said


def test_lowering_twice_is_lowering_once() -> None:
    for name in ("resnet18", "inception_v3", "preact_resnet18"):
        once = lower_network(zoo.network(name)).network
        assert lower_network(once).network == once


def test_slices_are_of_channels_that_are_there() -> None:
    assert shape_after(Slice(2, 5), (6, 4, 4)) == (3, 4, 4)
    assert shape_after(Slice(0, 6), (6,)) == (6,)
    with pytest.raises(BrickworkError, match=r"Slice\(2, 7\) needs 7 channels at least, but 6x4x4 reaches it"):
        shape_after(Slice(2, 7), (6, 4, 4))
    for bounds in ((3, 3), (-1, 2)):
        with pytest.raises(BrickworkError, match="start is at least 0, and stop is beyond it"):
            Slice(*bounds)


def test_a_network_with_slices_takes_no_other_width() -> None:
    merged = lower_network(zoo.network("googlenet"), merge=True).network
    with pytest.raises(BrickworkError, match="googlenet: its slices of channels fix its width"):
        with_width(merged, 0.5)
