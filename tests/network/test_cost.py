import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.network import (
    Network,
    SideHead,
    chain,
    concat,
    cost,
    gate,
    named,
    on_change,
    residual,
    shape_after,
    smallest_input,
    stages,
)
from brickwork.network.cost import takes
from brickwork.network.layers import (
    BatchNorm,
    Conv,
    Flatten,
    GlobalAvgPool,
    Linear,
    MaxPool,
    PadShortcut,
    ReLU,
    Sigmoid,
)


def small(**parts: object) -> Network:
    return Network("small", (3, 8, 8), 2, stages(**parts), chain(GlobalAvgPool(), Flatten(), Linear(2)))  # type: ignore[arg-type]


def test_channels_flow_in_from_the_left_and_join_along_the_channels() -> None:
    assert shape_after(concat(Conv(4, 1), chain(Conv(2, 1), Conv(5, 3, padding=1))), (3, 8, 8)) == (9, 8, 8)


def test_rows_add_up_at_every_depth() -> None:
    for name in ("googlenet", "resnet50", "vgg11", "lenet5"):
        total = cost(zoo.network(name))
        for depth in ("stage", "block", "layer"):
            rows = total.at(depth)
            assert sum(row.params for row in rows) == total.params
            assert sum(row.macs for row in rows) == total.macs
            assert sum(row.bytes for row in rows) == total.bytes
            assert rows[-1].output == (1000,) or name == "lenet5"
        assert [row.path for row in total.at("stage")] == [part.name for part in zoo.network(name).parts()]


def test_a_repeated_block_costs_the_same_wherever_it_stands_and_keeps_its_own_path_and_field() -> None:
    again = Conv(4, 3, padding=1)
    rows = cost(small(stage1=chain(again, named("two", chain(again, ReLU())), again))).rows
    assert [row.path for row in rows[:4]] == ["stage1.conv1", "stage1.two.conv", "stage1.two.relu", "stage1.conv2"]
    assert [row.field for row in rows[:4]] == [(3, 3), (5, 5), (5, 5), (7, 7)]
    assert [row.params for row in rows[:4]] == [112, 148, 0, 148]


def test_receptive_fields_are_those_that_the_strides_and_kernels_give() -> None:
    # Araujo, Norris, Sim 2019, Distill, Table: VGG-16 sees 212 pixels after its last pooling, 196 before it.
    fields = {row.path: row.field for row in cost(zoo.network("vgg16")).rows}
    assert fields["stage5.conv3"] == (196, 196)
    assert fields["stage5.maxpool"] == (212, 212)
    # AlexNet's pool5 sees 195 pixels of 227.
    assert {row.path: row.field for row in cost(zoo.network("alexnet")).rows}["stage5.maxpool"] == (195, 195)


def test_a_residual_sees_as_far_as_its_longer_side() -> None:
    rows = cost(
        small(stage1=residual(chain(Conv(3, 5, padding=2), Conv(3, 3, padding=1)), Conv(3, 1), after=ReLU()))
    ).rows
    assert {row.path: row.field for row in rows}["stage1.after"] == (7, 7)


def test_on_change_is_the_identity_where_the_shapes_agree_and_the_projection_where_they_do_not() -> None:
    keeps = residual(Conv(3, 3, padding=1), on_change(Conv(3, 1)))
    changes = residual(Conv(6, 3, stride=2, padding=1), on_change(Conv(6, 1, stride=2)))
    assert [row.path for row in cost(small(stage1=keeps)).rows][:2] == ["stage1.body", "head.gap"]
    assert [row.path for row in cost(small(stage1=changes)).rows][:2] == ["stage1.body", "stage1.shortcut"]


def test_a_residual_that_does_not_fit_names_both_shapes_and_the_path() -> None:
    with pytest.raises(BrickworkError, match=r"small on 3x8x8: stage1\.0: .* body gives 4x8x8 and its shortcut 3x8x8"):
        cost(small(stage1=chain(ReLU(), residual(Conv(4, 3, padding=1)))))


def test_paths_of_different_sizes_cannot_be_joined() -> None:
    with pytest.raises(
        BrickworkError, match=r"stage1: paths can be joined where their maps agree, but they are 6x6, 8x8"
    ):
        cost(small(stage1=concat(Conv(4, 3), Conv(4, 1))))


def test_a_gate_gives_one_number_a_channel() -> None:
    fine = gate(chain(GlobalAvgPool(), Conv(1, 1), ReLU(), Conv(3, 1), Sigmoid()))
    assert cost(small(stage1=fine)).params == 4 + 6 + 8
    with pytest.raises(BrickworkError, match="one number a channel, 3x1x1 here, but its body gives 4x1x1"):
        cost(small(stage1=gate(chain(GlobalAvgPool(), Conv(4, 1)))))


def test_the_misfit_inside_a_block_names_the_layer() -> None:
    with pytest.raises(BrickworkError, match=r"stage1\.body\.conv2: a 3x3 convolution with groups=32 needs"):
        cost(small(stage1=residual(chain(Conv(100, 1), Conv(64, 3, groups=32)))))


def test_an_input_too_small_names_the_layer_and_the_smallest_that_fits() -> None:
    with pytest.raises(BrickworkError) as caught:
        cost(zoo.network("vgg16", input=(3, 16, 16)))
    assert str(caught.value) == (
        "vgg16 on 3x16x16: stage5.maxpool: MaxPool(2, stride=2) needs a map of at least 2x2, but 1x1 reaches it. "
        "The smallest square input that fits is 3x32x32."
    )


def test_an_input_that_is_no_smaller_than_what_fits_gets_no_advice() -> None:
    odd = concat(MaxPool(2), MaxPool(2, ceil=True))  # agree on even sides alone
    with pytest.raises(BrickworkError) as caught:
        cost(Network("odd", (1, 2, 3), 1, stages(stage1=odd), chain(Flatten(), Linear(1))))
    assert "2x3" in str(caught.value)
    assert "smallest square input" not in str(caught.value)


@pytest.mark.parametrize("name", zoo.names())
def test_the_smallest_input_fits_and_the_next_smaller_does_not(name: str) -> None:
    network = zoo.network(name)
    least = smallest_input(network)
    assert least is not None
    assert takes(network, (least, least))
    assert least == 1 or not takes(network, (least - 1, least - 1))


def test_side_heads_stand_apart_from_the_cost_of_inference() -> None:
    network = small(stage1=Conv(4, 3), stage2=chain(Conv(4, 3), MaxPool(2)))
    side = SideHead("side1", "stage2", chain(Flatten(), Linear(2)))
    with_side = Network("small", network.input, 2, network.stages, network.head, (side,))
    assert cost(with_side).params == cost(network).params
    assert cost(with_side).params_with_side_heads == cost(network).params + 2 * 4 * 2 * 2 + 2


def test_a_side_head_that_reads_nothing_is_refused() -> None:
    side = SideHead("side1", "stage7", Flatten())
    network = Network("small", (3, 8, 8), 2, stages(stage1=Conv(4, 3)), GlobalAvgPool(), (side,))
    with pytest.raises(BrickworkError, match=r"side1 reads 'stage7', which is no stage and no part of one"):
        cost(network)


def test_an_unknown_depth_is_refused() -> None:
    with pytest.raises(BrickworkError, match="'stage', 'block' or 'layer', not 'brick'"):
        cost(small(stage1=ReLU())).at("brick")


def test_batch_norm_counts_a_weight_and_a_bias_and_option_a_counts_nothing() -> None:
    total = cost(small(stage1=chain(residual(chain(Conv(6, 1, bias=False), BatchNorm()), on_change(PadShortcut(6))))))
    assert total.params == 18 + 12 + 14


def test_a_side_head_that_needs_a_larger_input_is_told_apart_from_the_network() -> None:
    ending = r"fits is 3x299x299, or 3x75x75 without side heads \(side_heads=false\)\.$"
    with pytest.raises(BrickworkError, match=r"side1\..*" + ending):
        cost(zoo.network("inception_v3", input=(3, 128, 128)))
    assert cost(zoo.network("inception_v3[side_heads=false]", input=(3, 75, 75))).params == 23_834_568
