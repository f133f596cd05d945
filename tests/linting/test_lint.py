"""Lint over the zoo, and cases that the examples in docs/lint.md do not have."""

from dataclasses import replace

import pytest
import torch

from brickwork import zoo
from brickwork.linting import RULES, lint
from brickwork.linting.place import readings
from brickwork.model import build
from brickwork.network import Network, SideHead, chain, concat, cost, gate, named, residual, stages
from brickwork.network.layers import (
    AvgPool,
    BatchNorm,
    Conv,
    Flatten,
    GlobalAvgPool,
    Linear,
    PadShortcut,
    ReLU,
    Sigmoid,
)


def made(*body: object, input: tuple[int, int, int] = (3, 32, 32), head: object = None) -> Network:
    last = head or chain(GlobalAvgPool(), Flatten(), Linear(10))
    return Network("made", input, 10, stages(body=chain(*body)), last)  # type: ignore[arg-type]


FOUND = {  # the networks of the zoo that have a finding on their own input, besides notes
    "N201": {"lenet5_bn", "resnet18_lecture", "vgg16_cifar"},
    "N301": {
        "alexnet", "alexnet_owt", "alexnet_ungrouped", "alexnet_lecture", "lenet5", "lenet5_bn", "lenet_caffe", "vgg11",
        "vgg11_lrn", "vgg13", "vgg16_c", "vgg16", "vgg19", "vgg11_quarter",
    },
    "N401": {"resnet164", "preact_resnet164", "preact_resnet1001"},
    "N502": {"googlenet_tv"},
}  # fmt: skip


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_has_no_error_and_no_warning_that_is_not_explained(name: str) -> None:
    codes = {code for code in lint(zoo.network(name)).codes if RULES[code].severity != "note"}
    assert codes == {code for code, names in FOUND.items() if name in names}


def test_the_heavy_layer_is_told_with_what_a_mean_would_save() -> None:
    (finding,) = [found for found in lint(zoo.network("vgg16")).findings if found.rule.code == "N301"]
    assert finding.path == "head.linear1"
    assert "102,764,544 of 138,357,544 parameters (74 %) on a map of 512x7x7" in finding.detail
    assert 512 * 4096 + 4096 == 2_101_248
    assert f"there would be 2,101,248, and {138_357_544 - 102_764_544 + 2_101_248:,} in all." in finding.detail


@pytest.mark.parametrize(
    ("network", "paths"),
    [
        (made(named("a", Conv(8, 3)), BatchNorm()), ["body.a"]),
        (made(named("a", chain(ReLU(), Conv(8, 3))), named("b", chain(BatchNorm(), ReLU()))), ["body.a.conv"]),
        (made(Conv(8, 3), ReLU(), BatchNorm()), []),
        (made(residual(Conv(3, 1), after=BatchNorm())), []),  # the bias goes into a sum, too
        (made(concat(Conv(8, 1), chain(Conv(8, 1), BatchNorm()))), ["body.path2.conv"]),
        (made(residual(Conv(3, 1), before=Conv(3, 1), after=chain(Conv(8, 1), BatchNorm()))), ["body.after.conv"]),
    ],
)
def test_a_bias_is_found_where_a_norm_alone_reads_it(network: Network, paths: list[str]) -> None:
    assert [found.path for found in lint(network).findings if found.rule.code == "N201"] == paths


@pytest.mark.parametrize(
    "network",
    [
        made(Conv(8, 5, stride=2)),
        made(Conv(8, 3, padding=1), AvgPool(2), Conv(8, 4, stride=3)),
        made(Conv(8, 3), concat(Conv(8, 1, stride=2), Conv(8, 1, stride=2))),
        made(Conv(8, 3), residual(Conv(8, 1, 3), PadShortcut(8, 3))),
        made(residual(Conv(8, 1, 2), Conv(8, 3, 2, 1), before=chain(BatchNorm(), ReLU()))),
        made(Conv(8, 3), gate(chain(GlobalAvgPool(), Conv(8, 1), Sigmoid())), Conv(8, 1, 2)),
    ],
)
def test_lines_are_unread_where_their_gradient_is_zero(network: Network) -> None:
    """The input of every part that reads a map: the lines from which no gradient comes are those that lint counts."""
    model = build(network).double().eval()
    for weight in model.parameters():
        torch.nn.init.ones_(weight)
    for reading in readings(network):
        module = model.get_submodule(reading.path)
        x = torch.ones(1, *reading.shape, dtype=torch.float64, requires_grad=True)
        module(x).sum().backward()
        assert x.grad is not None
        lit = x.grad[0].sum(0) != 0
        rows, columns = (set(lit.any(1 - axis).nonzero().flatten().tolist()) for axis in (0, 1))
        assert (rows, columns) == (set(reading.lines[0]), set(reading.lines[1])), reading.path


def test_a_network_that_does_not_fit_has_that_finding_alone() -> None:
    (finding,) = lint(zoo.network("vgg16", input=(3, 16, 16))).findings
    assert (finding.rule.code, finding.path) == ("N101", "stage5.maxpool")
    assert finding.detail.endswith("The smallest square input that fits is 3x32x32.")
    (finding,) = lint(zoo.network("googlenet", input=(3, 64, 64))).findings
    assert (finding.rule.code, finding.path) == ("N103", "side1.avgpool")


def test_a_report_is_short_and_plain_data_too() -> None:
    report = lint(zoo.network("vgg16"))
    assert repr(report) == "LintReport(vgg16 on 3x224x224, 1000 classes, errors 0, warnings 1, notes 1)"
    document = report.to_dict()
    assert (document["errors"], document["warnings"], document["notes"]) == (0, 1, 1)
    assert {*document["findings"][0]} == {  # type: ignore[index]
        "code", "severity", "title", "reason", "fix", "source", "path", "detail",
    }  # fmt: skip
    assert [rule.severity for rule, _, _ in report.findings] == ["warning", "note"]
    assert cost(report.network).params == 138_357_544


def test_a_side_head_that_needs_another_kind_of_input_is_no_matter_of_size() -> None:
    whole = made(Conv(4, 3))
    for body, code in ((Linear(10), "N102"), (chain(Conv(4, 40), GlobalAvgPool(), Flatten(), Linear(10)), "N103")):
        side = SideHead("side", "body", body, 0.3)
        assert lint(replace(whole, side_heads=(side,))).codes == {code}
