from math import sqrt

import pytest
import torch

from brickwork.training.optim.rmsprop import RMSprop


def test_its_steps_are_those_of_the_formula() -> None:
    """ms = .9 ms + .1 g^2 from 1 on; v = mu v + lr g / sqrt(ms + 1); w = w - v, in plain numbers."""
    weight = torch.nn.Parameter(torch.tensor([2.0]))
    steps = RMSprop([weight], 0.5, momentum=0.9, weight_decay=0.1)
    w, square, velocity = 2.0, 1.0, 0.0
    for gradient in (3.0, -1.0, 0.5):
        weight.grad = torch.tensor([gradient])
        steps.step()
        g = gradient + 0.1 * w
        square = 0.9 * square + 0.1 * g * g
        velocity = 0.9 * velocity + 0.5 * g / sqrt(square + 1.0)
        w -= velocity
        assert weight.item() == pytest.approx(w, rel=1e-5)


def test_without_momentum_and_with_a_small_eps_it_becomes_torchs() -> None:
    torch.manual_seed(0)
    mine = torch.nn.Parameter(torch.randn(5))
    theirs = torch.nn.Parameter(mine.detach().clone())
    one, other = RMSprop([mine], 0.01, eps=1e-12), torch.optim.RMSprop([theirs], lr=0.01, alpha=0.9, eps=1e-12)
    for _ in range(300):  # the beginnings, 1 here and 0 there, are forgotten
        mine.grad = torch.randn(5)
        theirs.grad = mine.grad.clone()
        one.step()
        other.step()
    before = mine.detach().clone(), theirs.detach().clone()
    mine.grad = theirs.grad = torch.randn(5)
    one.step()
    other.step()
    torch.testing.assert_close(mine - before[0], theirs - before[1], rtol=1e-3, atol=1e-6)
