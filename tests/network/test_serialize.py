import json

import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.network import Network, from_json, stages, to_json, with_width
from network.test_layers import MAPS, Swish


@pytest.mark.parametrize("name", zoo.names())
def test_a_network_comes_back_equal_with_an_equal_hash(name: str) -> None:
    network = zoo.network(name)
    back = from_json(to_json(network))
    assert back == network
    assert hash(back) == hash(network)
    assert [repr(part) for part in back.parts()] == [repr(part) for part in network.parts()]
    assert (back.name, back.facts) == (network.name, network.facts)


def test_every_layer_comes_back() -> None:
    network = Network("all", (4, 9, 9), 2, stages(**{f"stage{i}": layer for i, layer in enumerate(MAPS)}), MAPS[0])
    assert from_json(to_json(network)) == network


def test_a_layer_of_ones_own_comes_back_where_its_class_is_given() -> None:
    network = Network("own", (4, 9, 9), 2, stages(stage1=Swish()), Swish())
    assert from_json(to_json(network), own=[Swish]) == network
    with pytest.raises(BrickworkError, match="a layer 'Swish' that is not known here: pass its class in `own`"):
        from_json(to_json(network))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "not json",
        '{"format": 1}',
        to_json(zoo.network("lenet5"))[:-40],
        to_json(zoo.network("lenet5")).replace('"out": 6', '"out": "six"'),
        to_json(zoo.network("lenet5")).replace('"named"', '"nmaed"'),
        to_json(zoo.network("lenet5")).replace('"kernel"', '"kernle"'),
        to_json(zoo.network("lenet5")).replace('"padding": 2', '"padding": NaN'),
        to_json(zoo.network("lenet5")).replace('"padding": 2', '"padding": [2, [2]]'),
        to_json(zoo.network("lenet5")).replace('{"layer": "Sigmoid"}', '{"layer": "Dropout", "p": {}}', 1),
        to_json(zoo.network("lenet5")).replace('{"layer": "Sigmoid"}', '{"gate":' * 200 + "[]" + "}" * 200, 1),
        "[" * 100_000,
    ],
)
def test_a_text_that_is_no_network_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BrickworkError, match="the text is no network that brickwork wrote") as caught:
        from_json(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "changed", "says"),
    [
        ('"classes": 10', '"classes": 10.0', "Network: classes is a whole number, not 10.0."),
        ('"input": [1,', '"input": [1e9,', "Network: input is "),
        ('"year": 1998', '"year": {}', "Facts: year is a whole number, not {}."),
        ('{"layer": "Sigmoid"}', '{"concat": []}', "joins at least two paths"),
    ],
)
def test_a_document_that_was_changed_is_refused(text: str, changed: str, says: str) -> None:
    with pytest.raises(BrickworkError, match=says):
        from_json(to_json(zoo.network("lenet5")).replace(text, changed))


def test_a_document_from_the_future_says_so() -> None:
    document = json.loads(to_json(zoo.network("lenet5"))) | {"format": 99}
    with pytest.raises(BrickworkError, match="in format 99, but this version reads 1: update brickwork"):
        from_json(json.dumps(document))


def test_a_document_of_an_earlier_version_whose_arguments_name_a_change_twice_is_read() -> None:
    twice = to_json(zoo.network("resnet20[width=0.25]")).replace("width=0.25", "width=0.5, width=0.5")
    network = from_json(twice)
    assert network == zoo.network("resnet20[width=0.25]")
    assert "width=1.25" in repr(with_width(network, 5).stages[1])
