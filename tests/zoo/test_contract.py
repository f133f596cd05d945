"""What holds for every network: it is found by name, has a source, fits, builds, and every parameter learns."""

import pytest
import torch
from torch import nn

from brickwork import zoo
from brickwork.model import build
from brickwork.network import Network, cost, smallest_input

EVERY = zoo.names()


def small(name: str, arguments: str = "") -> Network:
    """The network for five classes on the smallest input that fits, and that leaves norms more than a number or two."""
    whole = zoo.network(name)
    side = max(smallest_input(whole) or 0, 16 if whole.input[1] <= 32 else 32)
    return zoo.network(name + arguments, input=(whole.input[0], side, side), classes=5)


@pytest.mark.parametrize("name", EVERY)
def test_a_network_says_where_it_comes_from(name: str) -> None:
    network = zoo.network(name)
    assert network.name == name
    assert 1998 <= network.facts.year <= 2018
    assert str(network.facts.year) in network.facts.paper


@pytest.mark.parametrize("name", EVERY)
def test_the_built_model_has_the_parameters_that_the_value_counts(name: str) -> None:
    network = small(name)
    with torch.device("meta"):
        model = build(network)
    assert sum(weight.numel() for weight in model.parameters()) == cost(network).params_with_side_heads


@pytest.mark.parametrize("name", EVERY)
def test_every_parameter_learns(name: str) -> None:
    torch.manual_seed(0)
    # Full widths take minutes; but a table of connections has one width, and a narrow squeeze can be all dead.
    network = small(name, "" if name == "lenet5_1998" or name.startswith("se") else "[width=0.25]")
    model = build(network).train()
    images, labels = torch.randn(4, *network.input), torch.arange(4)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    for _ in range(2):
        optimizer.zero_grad()
        logits = model.all_logits(images)
        assert {value.shape for value in logits.values()} == {(4, 5)}
        torch.stack([nn.functional.cross_entropy(value, labels) for value in logits.values()]).sum().backward()
        gradients = {key: weight.grad for key, weight in model.named_parameters()}
        assert [key for key, grad in gradients.items() if grad is None or not grad.isfinite().all()] == []
        assert [key for key, grad in gradients.items() if grad is not None and not grad.any()] == []
        optimizer.step()
