import math
from typing import Any, Literal

import pytest

from brickwork.errors import BrickworkError
from brickwork.network import Network
from brickwork.network.layer import Size
from brickwork.network.layers import Conv, Dropout, StochasticDepth
from brickwork.validate import holds


@pytest.mark.parametrize(
    ("kind", "value"),
    [(int, 3), (float, 3), (float, 0.5), (bool, True), (str, ""), (Size, 3), (Size, (1, 7)), (float | None, None)],
)
def test_what_an_annotation_says_is_held(kind: Any, value: object) -> None:
    assert holds(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (int, True), (int, 3.0), (int, "3"), (int, None), (int, 2**63), (float, math.nan), (float, -math.inf),
        (float, 10**400), (float, True), (float, "1"), (bool, 1), (bool, "x"), (str, 3), (str, ["a"]),
        (Size, (1, 2, 3)), (Size, (1,)), (Size, [1, 7]), (Size, (1, "7")), (Literal["a", "b"], "c"),
        (tuple[tuple[int, ...], ...], (1, 2)),
    ],
)  # fmt: skip
def test_anything_else_is_not(kind: Any, value: object) -> None:
    assert not holds(kind, value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv("8", 3), "Conv: out is a whole number, not '8'."),  # type: ignore[arg-type]
        (lambda: Dropout(math.nan), "Dropout: p is a number, not nan."),
        (lambda: StochasticDepth(0.5, each="day"), "StochasticDepth: each is one of 'batch', 'image', not 'day'."),  # type: ignore[arg-type]
        (lambda: Network("n", (1, 8, 8), "2", (), Conv(2, 1)), "Network: classes is a whole number, not '2'."),  # type: ignore[arg-type]
    ],
)
def test_the_message_names_the_field_and_what_it_takes(make: Any, message: str) -> None:
    with pytest.raises(BrickworkError) as caught:
        make()
    assert str(caught.value) == message
