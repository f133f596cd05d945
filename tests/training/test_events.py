import pytest

from brickwork.training.events import speed_advice, time_shares
from brickwork.training.run.folder import Epoch


def epoch(waiting: float, validating: float) -> Epoch:
    return Epoch(1, 1.0, 1.0, 0.5, 0.1, 1.0, 100.0, waiting, validating)


def test_an_epoch_says_what_its_time_went_into() -> None:
    assert time_shares(epoch(0.25, 0.05)) == "70% computing, 25% waiting, 5% validating"


@pytest.mark.parametrize(
    ("waiting", "validating", "advice"),
    [(0.3, 0.0, "more workers or cache=always"), (0.0, 0.4, "fewer images to validate with"), (0.1, 0.1, "")],
)
def test_what_would_help_is_said_where_much_time_is_lost(waiting: float, validating: float, advice: str) -> None:
    said = speed_advice(epoch(waiting, validating))
    assert advice in said
    assert bool(said) == bool(advice)
