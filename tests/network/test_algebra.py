import pytest

from brickwork.errors import BrickworkError
from brickwork.network import (
    IDENTITY,
    Block,
    Chain,
    Expr,
    block,
    chain,
    children,
    concat,
    gate,
    named,
    on_change,
    residual,
    transform,
    walk,
)
from brickwork.network.layers import BatchNorm, Conv, Dropout, ReLU


@block
def pair_of(out: int, kernel: int = 3, *, last: bool = True) -> Chain:
    """Two convolutions."""
    return Chain((Conv(out, kernel), Conv(out, kernel)))


def test_chains_flatten_and_a_chain_of_one_is_that_one() -> None:
    assert chain(Conv(8, 3), chain(ReLU(), chain(Dropout()))) == chain(Conv(8, 3), ReLU(), Dropout())
    assert chain(ReLU()) == ReLU()
    assert chain() == IDENTITY
    assert chain(IDENTITY, ReLU(), IDENTITY) == ReLU()


def test_a_block_keeps_its_borders_in_a_chain() -> None:
    assert [type(part) for part in chain(ReLU(), pair_of(8)).parts] == [ReLU, Block]  # type: ignore[union-attr]


def test_a_block_is_known_by_its_function_and_its_arguments() -> None:
    assert repr(pair_of(8)) == "pair_of(8)"
    assert repr(pair_of(8, kernel=5, last=False)) == "pair_of(8, kernel=5, last=False)"
    assert repr(pair_of(8, kernel=3)) == "pair_of(8)"
    assert pair_of(8) != pair_of(9)


def test_parts_of_a_chain_are_named_by_kind_and_numbered_where_the_kind_repeats() -> None:
    body = chain(Conv(8, 3), BatchNorm(), ReLU(), Conv(8, 3), BatchNorm(), pair_of(8), named("3a", ReLU()), pair_of(9))
    assert [name for name, _ in children(body)] == ["conv1", "norm1", "relu", "conv2", "norm2", "0", "3a", "1"]


def test_paths_and_the_sides_of_a_residual_have_names() -> None:
    assert [name for name, _ in children(concat(ReLU(), named("pool", ReLU())))] == ["path1", "pool"]
    assert [name for name, _ in children(residual(Conv(8, 3), after=ReLU()))] == ["body", "after"]


def test_walking_meets_every_part_with_its_path_even_behind_on_change() -> None:
    expr = chain(residual(chain(Conv(8, 3), gate(ReLU())), on_change(Conv(8, 1))), Dropout())
    found = {path: type(part).__name__ for path, part in walk(expr)}
    assert found["0.body.conv"] == "Conv"
    assert found["0.body.0.gate"] == "ReLU"
    assert found["0.shortcut"] == "Conv"
    assert found["dropout"] == "Dropout"


@block
def lone(out: int) -> Conv:
    """One layer."""
    return Conv(out, 1)


def test_walking_meets_a_layer_that_is_all_of_a_block_or_of_a_named_part() -> None:
    assert [part for _, part in walk(lone(8)) if isinstance(part, Conv)] == [Conv(8, 1)]
    assert [(path, part) for path, part in walk(named("3a", Conv(8, 1)), "stage3") if isinstance(part, Conv)] == [
        ("stage3", Conv(8, 1))
    ]


def test_transforming_by_the_identity_changes_nothing_and_a_change_reaches_every_corner() -> None:
    expr = chain(
        pair_of(8),
        concat(ReLU(), named("n", ReLU())),
        residual(gate(ReLU()), on_change(ReLU()), before=ReLU(), after=ReLU()),
    )
    assert transform(expr, lambda part: part) == expr
    without = transform(expr, lambda part: Dropout() if part == ReLU() else part)
    assert not [part for _, part in walk(without) if part == ReLU()]


def test_expressions_print_as_they_are_written() -> None:
    expr = chain(concat(ReLU(), named("a", ReLU())), residual(gate(ReLU()), on_change(Conv(8, 1)), after=ReLU()))
    assert eval(repr(expr)) == expr


def test_a_concat_of_one_and_a_name_with_a_dot_are_refused() -> None:
    with pytest.raises(BrickworkError, match="at least two paths"):
        concat(ReLU())
    with pytest.raises(BrickworkError, match="leave out the dots"):
        named("a.b", ReLU())


@pytest.mark.parametrize(
    "side_by_side",
    [
        Chain((named("3a", ReLU()), named("3a", ReLU()))),
        Chain((named("conv", ReLU()), Conv(8, 3))),
        concat(ReLU(), named("path1", ReLU())),
    ],
)
def test_two_parts_side_by_side_have_two_names(side_by_side: Expr) -> None:
    with pytest.raises(BrickworkError, match="two parts side by side have the name"):
        children(side_by_side)
