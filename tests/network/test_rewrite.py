import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.network import cost, walk, with_input, with_width
from brickwork.network.layers import Conv


def test_half_the_width_halves_every_channel_number_but_the_classifiers() -> None:
    whole, half = cost(zoo.network("resnet50")), cost(with_width(zoo.network("resnet50"), 0.5))
    assert [row.output[0] for row in half.rows[:-1]] == [row.output[0] // 2 for row in whole.rows[:-1]]
    assert half.rows[-1].output == (1000,)


def test_twice_the_width_of_a_network_in_network_keeps_its_classes() -> None:
    assert cost(with_width(zoo.network("nin"), 2)).rows[-1].output == (1000,)


def test_a_head_whose_every_layer_scores_classes_keeps_them_all() -> None:
    rows = cost(with_width(zoo.network("nin_lecture", classes=1000), 0.5)).rows
    assert [row.output[0] for row in rows if row.path.startswith("head.0.conv")] == [1000, 1000, 1000]


def test_a_network_whose_connections_are_a_table_takes_no_other_width() -> None:
    with pytest.raises(BrickworkError, match="lenet5_1998: its table of connections fixes its width"):
        zoo.network("lenet5_1998[width=2]")


def test_side_heads_keep_their_classes() -> None:
    narrow = cost(with_width(zoo.network("googlenet"), 0.25))
    assert [piece.output.shape for piece in narrow.side_heads] == [(1000,), (1000,)]


def test_blocks_say_that_they_were_widened() -> None:
    text = repr(with_width(zoo.network("resnet20"), 0.5).stages[1].body)
    assert "basic(16, style=Style(shortcut='A'), width=0.5)" in text


def test_width_one_is_the_same_network_and_zero_is_refused() -> None:
    assert with_width(zoo.network("vgg11"), 1) == zoo.network("vgg11")
    with pytest.raises(BrickworkError, match="above 0 and at most 1,000,000, not 0"):
        with_width(zoo.network("vgg11"), 0)


def test_no_layer_loses_its_last_channel() -> None:
    tiny = with_width(zoo.network("lenet5"), 0.01)
    assert all(part.out >= 1 for stage in tiny.stages for _, part in walk(stage) if isinstance(part, Conv))


def test_only_the_classifier_of_a_head_keeps_its_width() -> None:
    rows = {row.path: row.output for row in cost(zoo.network("lenet5[width=0.5]", classes=84)).rows}
    assert (rows["head.linear1"], rows["head.linear2"], rows["head.linear3"]) == ((60,), (42,), (84,))


def test_another_input_is_all_that_changes() -> None:
    network = zoo.network("resnet20")
    assert with_input(network, (1, 28, 28)) == zoo.network("resnet20", input=(1, 28, 28)) != network
    with pytest.raises(BrickworkError, match="resnet20: an input is channels x height x width"):
        with_input(network, (28, 28))
