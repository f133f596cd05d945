"""Two networks side by side as a table."""

from brickwork import zoo
from brickwork.diffing.beside import align_rows, beside_text, rows_beside
from brickwork.network import cost


def test_rows_that_became_each_other_are_one_row() -> None:
    rows = rows_beside(zoo.network("lenet5"), zoo.network("alexnet"))
    paths = [(row.mark, row.one and row.one.path, row.two and row.two.path) for row in rows]
    assert paths == [
        ("~", "stage1", "stage1"),
        ("~", "stage2", "stage2"),
        ("+", None, "stage3"),
        ("+", None, "stage4"),
        ("+", None, "stage5"),
        ("~", "head", "head"),
    ]


def test_every_row_of_both_stands_once_and_in_order_at_every_depth() -> None:
    for names in (("googlenet", "inception_v4"), ("alexnet", "vgg16"), ("resnet50", "lenet5"), ("nin", "nin")):
        one, two = map(zoo.network, names)
        for depth in ("stage", "block", "layer"):
            rows = rows_beside(one, two, depth)
            assert [row.one for row in rows if row.one] == cost(one).at(depth)
            assert [row.two for row in rows if row.two] == cost(two).at(depth)
            assert all((row.mark == "-") == (row.two is None) for row in rows)
            assert names[0] != names[1] or {row.mark for row in rows} == {""}


def test_pairs_that_would_cross_are_told_one_after_another() -> None:
    assert list(align_rows(2, 2, [(0, 1), (1, 0)])) == [(None, 0), (0, 1), (1, None)]
    assert list(align_rows(1, 0, [])) == [(0, None)]


def test_the_table_fits_its_width_and_ends_in_the_difference() -> None:
    for width in (80, 100, 140):
        lines = beside_text(zoo.network("lenet5"), zoo.network("alexnet"), width=width).splitlines()
        assert max(map(len, lines[3:])) <= width
        assert "The second has +60,903,518 parameters and +723,990,296 MACs beside the first." in " ".join(lines[-2:])
    assert ("what" in beside_text(zoo.network("nin"), zoo.network("vgg16"), width=120).splitlines()[3]) is True
