"""The arithmetic of rows: what stands in numbers is computed again, and is what the table and torch have."""

import math

import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.network import Network, chain, cost, gate, stages
from brickwork.network.arithmetic import Why, why
from brickwork.network.layers import Conv, Flatten, GlobalAvgPool, Linear, MaxPool
from brickwork.network.text import has_gates

NAMES = (
    "alexnet",
    "lenet5",
    "lenet5_1998",
    "googlenet",
    "inception_v4",
    "resnet18",
    "seresnet50",
    "resnext50_32x4d",
    "nin",
)


def value(numbers: str) -> int:
    """The numbers as Python computes them; a division is rounded down where nothing else is said."""
    text = numbers if "ceil(" in numbers else numbers.replace(" / ", " // ")
    return int(eval(text, {"ceil": math.ceil}))


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_come_to_the_result_and_the_results_are_those_of_the_table(name: str) -> None:
    network = zoo.network(name)
    total = cost(network)
    for row in [*total.rows[:12], *total.rows[-8:], *(row for side in total.side_heads for row in side.rows)]:
        found = why(network, row.path)
        results = {line.what: line.result for line in found.lines}
        assert all(value(line.numbers) == line.result for line in found.lines), found
        assert results.get("parameters", 0) == row.params
        assert results.get("MACs", 0) == row.macs
        assert results["bytes written"] == row.bytes
        if "height and width" in results:
            assert (results["height and width"],) * 2 == row.output[1:]
        if "stride" in results:
            assert (results["stride"],) * 2 == row.stride
        if "field" in results and not has_gates(network):
            assert (results["field"],) * 2 == row.field


def test_parameters_are_those_of_torch_s_module() -> None:
    network = zoo.network("resnext50_32x4d")
    model = Model(network)
    for path in ("stem.conv", "stage2.0.body.conv2", "stage2.0.body.norm1", "head.linear"):
        params = sum(weight.numel() for weight in model.get_submodule(path).parameters())
        assert {line.what: line.result for line in why(network, path).lines}["parameters"] == params


@pytest.mark.parametrize("path", ["stage3", "stage3.3a", "head"])
def test_a_part_is_the_sum_over_its_layers(path: str) -> None:
    network = zoo.network("googlenet")
    found = why(network, path)
    rows = {row.path: row for depth in ("block", "stage") for row in cost(network).at(depth)}
    assert [line.result for line in found.lines] == [rows[path].params, rows[path].macs, rows[path].bytes]
    assert all(value(line.numbers) == line.result for line in found.lines)


def made(*parts: object, input: tuple[int, int, int] = (3, 224, 224)) -> Network:
    return Network("made", input, 2, stages(body=chain(*parts)), chain(GlobalAvgPool(), Flatten(), Linear(2)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        (Conv(8, 11, 4, 2), "(224 + 2*2 - 11) / 4 + 1 = 55, remainder 1: of the padding alone"),
        (Conv(8, 11, 4), "(224 + 2*0 - 11) / 4 + 1 = 54, remainder 1: 1 line is never read"),
        (Conv(8, 10, 4, 0), "(224 + 2*0 - 10) / 4 + 1 = 54, remainder 2: 2 lines are never read"),
        (MaxPool(3, 2), "(224 + 2*0 - 3) / 2 + 1 = 111, remainder 1: 1 line is never read"),
        (MaxPool(3, 2, ceil=True), "ceil((224 + 2*0 - 3) / 2) + 1 = 112, rounded up: the last window reaches beyond"),
        (Conv(8, 3, padding=1), "(224 + 2*1 - 3) / 1 + 1 = 224"),
    ],
)
def test_a_remainder_is_told(layer: object, line: str) -> None:
    text = str(why(made(layer), "body"))
    assert f"height and width = {'ceil(' if 'ceil' in line else ''}(size + 2*padding - kernel) / stride" in text
    assert line in text


def test_height_and_width_stand_apart_where_they_differ() -> None:
    found = why(made(Conv(4, (3, 5), (1, 2), (1, 0)), input=(3, 20, 30)), "body")
    assert [line.what for line in found.lines[:2]] == ["height", "width"]
    assert [line.result for line in found.lines[:2]] == [20, 13]
    assert {"field's height", "field's width", "stride in height", "stride in width"} <= {
        line.what for line in found.lines
    }


def test_what_is_kept_already_is_told() -> None:
    text = str(why(zoo.network("vgg11"), "stage1.maxpool"))
    # the ReLU before it keeps 64x224x224 numbers, the pool 8 bytes for each of 64x112x112 indices
    assert f"4 * input + own bytes = 4 * 64*224*224 + {8 * 64 * 112 * 112} = 19,267,584" in text
    assert "of which 12,845,056 are kept already" in text


def test_a_path_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(BrickworkError, match=r"lenet5 has no row 'stage1\.cnov': did you mean 'stage1\.conv'"):
        why(zoo.network("lenet5"), "stage1.cnov")


def test_a_why_is_plain_data_too() -> None:
    found = why(zoo.network("lenet5"), "head.linear1")
    document = found.to_dict()
    assert isinstance(found, Why)
    assert document["lines"][0] == {  # type: ignore[index]
        "what": "parameters", "symbols": "out * in + out", "numbers": "120 * 400 + 120", "result": 48120, "note": "",
    }  # fmt: skip
    assert repr(found) == "Why(head.linear1, 5 lines)"


def test_what_a_gate_lets_in_is_told() -> None:
    network, path = zoo.network("seresnet50"), "stage5.2.body.conv2"
    found = {line.what: line for line in why(network, path).lines}
    high, wide = next(row.field for row in cost(network).rows if row.path == path)
    assert found["field"].result == 427 < high
    assert found["field"].note == f"and through gates {high}x{wide}"


def test_a_gate_whose_body_is_one_layer_keeps_no_bytes_of_that_layer() -> None:
    network = made(Conv(4, 3), gate(GlobalAvgPool()))
    lines = {line.what: line for line in why(network, "body.0.gate").lines}
    kept = lines["bytes kept for backward"]
    assert (kept.result, kept.note) == (0, "")
