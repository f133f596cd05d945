import pytest
import torch

import bars
from brickwork.model import Model, build
from brickwork.training.optim.ema import Ema


def moved(model: Model, step: int) -> None:
    """Other weights, and another batch in the norms' averages."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(step)))
    model.train()(torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(step)))


def test_the_mean_is_that_of_the_formula() -> None:
    model = build(bars.network())
    average = Ema(model, 0.5)
    weight = model.get_parameter("head.linear.bias")
    expected = weight.detach().clone()
    for step in range(12):
        moved(model, step)
        average.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weight.detach()
    torch.testing.assert_close(average.state()["head.linear.bias"], expected)


def test_norms_averages_are_averaged_and_their_counts_copied() -> None:
    model = build(bars.network())
    average = Ema(model, 0.999)
    first = average.state()["stage1.norm.running_mean"].clone()
    moved(model, 0)
    average.update(0)
    found, now = average.state(), model.state_dict()
    expected = 0.1 * first + 0.9 * now["stage1.norm.running_mean"]
    torch.testing.assert_close(found["stage1.norm.running_mean"], expected)
    assert found["stage1.norm.num_batches_tracked"] == now["stage1.norm.num_batches_tracked"] == 1


def test_it_goes_on_from_its_state_bit_for_bit() -> None:
    model = build(bars.network())
    average = Ema(model, 0.9)
    moved(model, 0)
    average.update(0)
    again = Ema(build(bars.network()), 0.9)
    again.load({name: value.clone() for name, value in average.state().items()})
    moved(model, 1)
    again.model.load_state_dict(model.state_dict())
    average.update(1)
    again.update(1)
    assert all(torch.equal(value, again.state()[name]) for name, value in average.state().items())


def test_a_state_of_another_model_is_refused() -> None:
    with pytest.raises(KeyError):
        Ema(build(bars.network()), 0.9).load({})


def test_a_model_has_the_means_for_a_while_and_its_own_weights_again() -> None:
    model = build(bars.network())
    average = Ema(model, 0.9)
    moved(model, 0)
    average.update(5)
    own = {name: value.clone() for name, value in model.state_dict().items()}
    with average.applied():
        assert torch.equal(model.get_parameter("head.linear.weight"), average.state()["head.linear.weight"])
    assert all(torch.equal(value, own[name]) for name, value in model.state_dict().items())
    assert not torch.equal(own["head.linear.weight"], average.state()["head.linear.weight"])
