import pytest

from brickwork import zoo
from brickwork.network import summary_line, table
from brickwork.network.text import count


def test_one_line_says_what_a_network_is_and_costs() -> None:
    assert (
        summary_line(zoo.network("resnet50")) == "resnet50 on 3x224x224, 1000 classes: 25.6 M parameters, 4.09 G MACs"
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.00 k"),
        (61_706, "61.7 k"),
        (999_999, "1.00 M"),
        (138_357_544, "138 M"),
        (4_089_184_256, "4.09 G"),
    ],
)
def test_counts_have_three_figures(number: int, text: str) -> None:
    assert count(number) == text


def test_a_table_has_a_row_for_each_part_and_the_totals() -> None:
    lines = table(zoo.network("vgg11"), "stage").splitlines()
    assert any(text.startswith("stage1") and "64x112x112" in text for text in lines)
    assert any(text.startswith("total") and "132,863,336" in text and "7,609,090,048" in text for text in lines)


@pytest.mark.parametrize(("depth", "width"), [("stage", 80), ("block", 80), ("stage", 120), ("layer", 120)])
def test_a_table_keeps_to_its_width(depth: str, width: int) -> None:
    assert max(map(len, table(zoo.network("resnet18"), depth, width).splitlines()[3:-1])) <= width


def test_equal_neighbours_stand_once_with_their_number() -> None:
    assert "bottleneck(128, stride=2), 3 x bottleneck(128)" in table(zoo.network("resnet50"), "stage", 160)


def test_a_blocks_style_stands_in_the_table_as_its_words() -> None:
    assert "basic(32, stride=2, shortcut='A'), 2 x basic(32, shortcut='A')" in table(
        zoo.network("resnet20"), "stage", 160
    )


def test_a_number_of_blocks_stays_on_the_line_of_its_block() -> None:
    assert "2 x basic(32," in table(zoo.network("resnet20"), "stage", 80)
