"""The zoo against what is published: every deviation has a reason, every reason a deviation, and none is overlooked."""

import re

import pytest

from brickwork import zoo
from brickwork.network import Network, chain, cost, stages, with_width
from brickwork.network.layers import Conv, Flatten, GlobalAvgPool, Linear
from brickwork.papers import faithful
from brickwork.papers.compare import compare_table, reason_of, tables_of
from brickwork.papers.printed import PublishedTable
from brickwork.papers.tables import SOURCES, TABLES

EVERY = list(dict.fromkeys([*zoo.names(), *TABLES]))
WITHOUT = {  # what no paper, author or library prints a table of
    "alexnet_ungrouped", "lenet5_bn", "preact_resnet18", "preact_resnet34", "preact_resnet50", "preact_resnet101",
    "resnet18_lecture", "resnext101_32x4d", "seresnet101", "seresnet152", "seresnext101_32x4d", "vgg11_quarter",
    "vgg16_cifar",
}  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_no_deviation_is_without_a_reason_and_a_source(name: str) -> None:
    found = faithful(zoo.network(name))
    assert found.unexplained == ()
    assert all(len(reason.text) > 20 and len(reason.source) > 10 for reason in found.reasons)
    assert bool(found.comparisons) == (name not in WITHOUT)


@pytest.mark.parametrize("name", TABLES)
def test_no_reason_is_stated_that_explains_nothing(name: str) -> None:
    network = zoo.network(name)
    for table in tables_of(network):
        cells = list(compare_table(network, table))
        for stated in table.deviations:
            alone = table._replace(deviations=(stated,))
            assert any(reason_of(alone, cell.path, cell.what) for cell in cells if cell.verdict == "differs"), stated


def spoil(printed: str) -> str:
    """The same with one digit changed, the last one but of a unit's power."""
    digits = re.sub(r"x10\^\d", "", printed)
    place = max(place for place, sign in enumerate(digits) if sign.isdigit())
    return f"{printed[:place]}{(int(printed[place]) + 5) % 10}{printed[place + 1 :]}"


@pytest.mark.parametrize("name", ["lenet5_1998", "alexnet", "googlenet", "inception_v4", "resnet50[stride=v1]", "nin"])
def test_each_cell_that_is_changed_differs(name: str) -> None:
    network = zoo.network(name)
    for table in tables_of(network):
        fine = {(cell.path, cell.what) for cell in compare_table(network, table) if cell.verdict != "differs"}
        rows = tuple((path, *(spoil(cell) if cell else "" for cell in cells)) for path, *cells in table.rows)
        spoiled = [cell for cell in compare_table(network, table._replace(rows=rows)) if (cell.path, cell.what) in fine]
        assert spoiled
        assert [cell for cell in spoiled if cell.verdict != "differs"] == []


def test_a_network_that_is_not_the_paper_s_differs_without_a_reason() -> None:
    (table,) = (table for table in tables_of(zoo.network("resnet34")) if "1512.03385" in table.source)
    narrow = list(compare_table(with_width(zoo.network("resnet34"), 0.5), table))
    shallow = list(compare_table(zoo.network("resnet18"), table))
    assert {cell.path for cell in narrow if cell.verdict == "differs"} >= {"stem.conv", "stage2", "stage5", ""}
    assert {cell.path for cell in shallow if cell.verdict == "differs"} == {"stage2", "stage3", "stage4", "stage5", ""}
    assert all(cell.reason is None for cell in (*narrow, *shallow))


def test_a_network_is_known_by_its_value_on_whatever_input() -> None:
    known = zoo.network("resnet18")
    own = Network("mine", (3, 96, 96), 7, known.stages, zoo.network("resnet18", classes=7).head)
    assert faithful(own).comparisons == faithful(known).comparisons
    assert not faithful(with_width(known, 0.5)).comparisons
    body = stages(body=Conv(4, 3))
    assert not faithful(Network("mine", (3, 8, 8), 2, body, chain(GlobalAvgPool(), Flatten(), Linear(2)))).tables


def test_every_table_is_of_a_network_of_the_zoo_and_names_its_source() -> None:
    assert {name.partition("[")[0] for name in TABLES} <= set(zoo.names())
    assert sum(len(tables) for tables in TABLES.values()) == sum(
        len(tables) for source in SOURCES for tables in source.TABLES.values()
    )
    assert all(table.source and table.rows for tables in TABLES.values() for table in tables)


# The reasons' own numbers


def branch_weights(text: str, channels: int) -> tuple[int, int]:
    """Weights and output channels of an Inception block, from the filters that a row prints."""
    total, joined = 0, 0
    for path in text.split(", "):
        width = channels
        for out, kernel in re.findall(r"(\d+)(?:\((\d)x\d\))?(?:-|$)", path):
            total += width * int(out) * int(kernel or 1) ** 2
            width = int(out)
        joined += width
    return total, joined


def test_googlenet_s_parameters_do_not_follow_from_its_own_filters() -> None:
    """The printed filters give the numbers that stand here, and not the printed ones."""
    found = faithful(zoo.network("googlenet"))
    cells = {(cell.path, cell.what): cell for cell in found.comparisons}
    channels = 192
    for path in [path for path, what in cells if what == "filters" and re.match(r"stage[345]\.", path)]:
        weights, channels = branch_weights(cells[path, "filters"].printed, channels)
        here = cells[path, "weights"]
        assert here.computed == f"{weights / 1024:.1f}K"
        assert (here.verdict == "differs") == (path != "stage3.3a")
    assert channels == 1024


def test_the_separable_stem_has_what_the_table_prints() -> None:
    weights = 7 * 7 * 3 * 8 + 24 * 64
    assert (weights, f"{weights / 1024:.1f}") == (2712, "2.6")
    assert f"{weights / 1000:.1f}K" == "2.7K"  # the one row whose K is 1000
    assert round(weights * 112 * 112 / 1e6) == 34
    separable = zoo.network("inception_bn[stem=separable]")
    first = [row for row in cost(separable).rows if row.path in ("stage1.conv1", "stage1.conv2")]
    assert sum(row.macs for row in first) == weights * 112 * 112
    dense = cost(zoo.network("googlenet")).macs - (7 * 7 * 3 * 64 - weights) * 112 * 112
    assert round(dense / 1e6) == 1499  # the sum over the paper's column: 1.5 billion


def test_the_other_reasons_numbers_are_so() -> None:
    assert cost(zoo.network("inception_bn[stem=separable,side_head=true]")).params_with_side_heads == 13_604_904
    assert cost(zoo.network("preact_resnet1001[shortcut=A]")).params == 10_285_722
    assert (384 + 384 + 384, 1152 + 384 + 288 + 320) == (1152, 2144)
    assert (224 - 11) // 4 + 1 == 54
    assert ((227 - 11) / 4 + 1, (224 + 2 * 2 - 11) // 4 + 1) == (55, 55)
    paths = branch_weights("160, 128-160(3x3), 128-160(3x3)-160(3x3), 128", 576)
    assert paths[1] == 608
    strides = [cost(zoo.network(f"resnet50{words}")).macs / 1e9 for words in ("", "[stride=v1]")]
    assert [f"{macs:.3f}" for macs in strides] == ["4.089", "3.858"]


# As text and as data


def test_a_comparison_is_plain_data_and_short_to_look_at() -> None:
    found = faithful(zoo.network("resnet50"))
    document = found.to_dict()
    assert repr(found) == "Faithful(resnet50, 19 cells, 1 differ)"
    assert (document["as_printed"], document["cut_off"], document["differs"], document["unexplained"]) == (17, 1, 1, 0)
    (cell,) = (cell for cell in document["cells"] if cell["verdict"] == "differs")  # type: ignore[attr-defined]
    assert (cell["path"], cell["what"], cell["printed"], cell["computed"]) == ("", "MACs", "3.8x10^9", "4.09x10^9")
    assert "fb.resnet.torch" in cell["reason"]["source"]


def test_the_table_shows_what_differs_beside_what_is_printed() -> None:
    text = str(faithful(zoo.network("googlenet")))
    assert "2.7K, here 9.19K [1]" in text
    assert "159K (159.5K)" in text
    assert re.search(r"^\[2\] The number does not follow", text, re.MULTILINE)
    assert text.endswith("58 printed cells, 44 as printed, 3 with their end cut off, 11 different.")
    assert all(len(line) <= 90 for line in faithful(zoo.network("resnet50")).table(90).splitlines())


def test_a_deviation_without_a_reason_is_told_as_such() -> None:
    from brickwork.papers import Faithful

    network = zoo.network("resnet18")
    table = PublishedTable("a paper", ("output", "parameters"), (("stem", "57x57", ""), ("", "", "11.6M")), (), 1000)
    table = table._replace(input=network.input, classes=network.classes)
    found = Faithful(network, (table,), tuple(compare_table(network, table)))
    assert "57x57, here 56x56 [?]" in str(found)
    assert str(found).endswith("1 with their end cut off, 1 different, 1 of them without a reason.")


def test_a_network_without_a_table_says_so() -> None:
    text = str(faithful(zoo.network("lenet5_bn")))
    assert text.startswith("No table of lenet5_bn is published: LeCun, Bottou")
    assert "with batch norm and no padding" in text


def test_a_notebook_gets_tables() -> None:
    html = faithful(zoo.network("resnet50"))._repr_html_()
    assert html.count("<table>") == 3
    assert "<td>3.8x10^9, here 4.09x10^9 [1]</td>" in html
    assert "&#x27;" in faithful(zoo.network("alexnet"))._repr_html_()
