"""The layout over the whole zoo: nothing overlaps, nothing is crossed, everything is on the paper."""

import pytest

from brickwork import zoo
from brickwork.drawing.layout.measure import Ruler
from brickwork.drawing.layout.place import Area, Edge, Words
from brickwork.drawing.layout.sheet import Sheet, divide
from brickwork.drawing.picture import lay_out
from brickwork.drawing.reading.stage import read_network
from brickwork.network import Network, chain, concat, residual, stages, with_input
from brickwork.network.layers import Conv, Linear
from geometry import complaints

FORMS = [("layer", 0), ("layer", 900), ("block", 600), ("stage", 0)]


def sheet_of(network: Network, depth: str = "layer", height: float = 0, unfold: tuple[str, ...] = ()) -> Sheet:
    return lay_out(network, read_network(network, depth, unfold), None, height)[0]


@pytest.mark.parametrize("name", zoo.names())
def test_every_network_is_laid_out_without_overlaps_or_crossings(name: str) -> None:
    network = zoo.network(name)
    found = {form: complaints(sheet_of(network, *form)) for form in FORMS}
    assert {form: texts[:3] for form, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("name", "unfold"),
    [("googlenet", ("stage4.4a", "stage5")), ("resnet50", ("stage3.0",)), ("inception_v3", ("side1", "stage_c"))],
)
def test_unfolded_networks_are_laid_out_without_overlaps_or_crossings(name: str, unfold: tuple[str, ...]) -> None:
    assert complaints(sheet_of(zoo.network(name), "block", 700, unfold)) == []


@pytest.mark.parametrize("name", zoo.names())
def test_networks_that_do_not_fit_are_laid_out_without_overlaps_or_crossings(name: str) -> None:
    network = zoo.network(name)
    for side in (1, 4, 20):
        assert complaints(sheet_of(with_input(network, (network.input[0], side, side)))) == []


def test_the_check_notices_overlaps_crossings_and_what_leaves_the_paper() -> None:
    sheet = sheet_of(zoo.network("lenet5"))
    first, second = sheet.canvas.boxes[:2]
    plants = [
        (sheet.canvas.boxes, first._replace(area=second.area), "overlaps"),
        (sheet.canvas.words, Words(second.area.x, second.area.y + 12, "here"), "here"),
        (sheet.canvas.words, Words(sheet.width - 5, 5, "beyond"), "beyond leaves the paper"),
        (sheet.canvas.edges, Edge(((0, second.area.y + 5), (sheet.width, second.area.y + 5))), "an edge crosses"),
        (sheet.canvas.frames, Area(second.area.x + 5, second.area.y - 5, 300, 300), "a frame lies on"),
        (sheet.bands, Area(second.area.x + 5, second.area.y - 5, 300, 300), "a band lies on"),
    ]
    for things, planted, says in plants:
        assert complaints(sheet) == []
        things.append(planted)  # type: ignore[attr-defined]
        assert any(says in text for text in complaints(sheet)), says
        things.pop()  # type: ignore[attr-defined]


def test_columns_are_no_higher_than_asked_for_and_hold_all_stages_in_their_order() -> None:
    drawing = read_network(zoo.network("resnet50"))
    ruler = Ruler()
    for stack in drawing.stacks():
        ruler.fit(stack)
    columns = divide(drawing.stages, ruler, 700)
    assert len(columns) > 1
    assert max(column.height for column in columns) <= 700
    assert [stage for column in columns for stage in column.stages] == list(drawing.stages)
    assert len(divide(drawing.stages, ruler, 0)) == 1


def test_columns_are_as_equal_as_they_can_be() -> None:
    network = Network("even", (3, 8, 8), 2, stages(**{f"s{n}": Conv(4 + n, 1) for n in range(5)}), Conv(9, 1))
    drawing = read_network(network)
    ruler = Ruler()
    ruler.fit(drawing.stages[0].stack)
    one = divide(drawing.stages[:1], ruler, 0)[0].height
    five = divide(drawing.stages, ruler, 5.9 * one)  # room for four or five: six of them are three and three
    assert [len(column.stages) for column in five] == [3, 3]


def test_a_stage_higher_than_a_column_has_one_of_its_own() -> None:
    sheet = sheet_of(zoo.network("googlenet"), height=300)
    assert len({band.x for band in sheet.bands}) >= 4
    assert complaints(sheet) == []


def test_deeply_nested_parts_stay_apart() -> None:
    inner = concat(Conv(8, 1), residual(chain(Conv(4, 3, padding=1), Conv(3, 3, padding=1))), chain())
    outer = concat(inner, chain(inner, inner), residual(concat(Conv(1, 1), Conv(2, 1)), Conv(3, 1)))
    network = Network("nested", (3, 8, 8), 2, stages(a=outer, b=residual(inner, Conv(14, 1))), chain())
    assert complaints(sheet_of(network)) == []


def test_the_trunk_of_a_column_is_one_straight_line() -> None:
    sheet = sheet_of(zoo.network("resnet34"))
    band = sheet.bands[0]
    trunk = {node.x for node in sheet.canvas.nodes}
    assert len(trunk) == 1
    assert all(band.x < x < band.right for x in trunk)


def test_a_dense_layer_on_a_map_is_a_misfit_and_no_crossing() -> None:
    network = Network("flat", (3, 8, 8), 2, stages(a=Conv(4, 1)), Linear(2))
    assert complaints(sheet_of(network)) == []
