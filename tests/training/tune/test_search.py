from dataclasses import replace

import bars
from brickwork.training.tune.search import find_batch_size, find_learning_rate


def test_the_rate_that_is_found_is_one_with_which_the_loss_falls() -> None:
    sweep = find_learning_rate(bars.network(), bars.dataset(), replace(bars.QUICK, batch=16), listener=bars.silent)
    assert 1e-4 < sweep.suggestion < sweep.least <= 10
    assert min(sweep.smooth) < sweep.smooth[0]


def test_the_rate_is_found_with_the_stages_frozen_that_do_not_learn() -> None:
    whole, head = (
        find_learning_rate(bars.network(), bars.dataset(), replace(bars.QUICK, freeze=freeze), listener=bars.silent)
        for freeze in (0, -1)
    )
    assert whole.losses[0] != head.losses[0]  # the norms of a frozen stage go by their averages
    assert len(head.losses) > 10


def test_the_batch_that_fits_is_a_power_of_two() -> None:
    batch = find_batch_size(bars.network(), bars.dataset(), bars.QUICK, listener=bars.silent)
    assert 16 <= batch <= 4096
    assert batch & (batch - 1) == 0
