from math import sqrt

import pytest
import torch
from torch import nn

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model, build
from brickwork.model.initialise import INITIALISATIONS


def made(init: str, name: str = "alexnet[width=0.25]") -> Model:
    torch.manual_seed(0)
    return build(zoo.network(name, input=(1, 67, 67), classes=10), init=init)


def layers(model: Model) -> list[nn.Conv2d | nn.Linear]:
    return [layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


def test_alexnet_has_its_papers_biases() -> None:
    biases = [layer.bias.unique().tolist() for layer in layers(made("alexnet")) if layer.bias is not None]
    assert biases == [[0.0], [1.0], [0.0], [1.0], [1.0], [1.0], [1.0], [0.0]]


@pytest.mark.parametrize("init", sorted(set(INITIALISATIONS) - {"alexnet", "nin"}))
def test_other_biases_are_zero(init: str) -> None:
    assert not any(layer.bias.any() for layer in layers(made(init)) if layer.bias is not None)


def test_standard_deviations_are_those_of_the_papers() -> None:
    def deviations(init: str) -> list[float]:
        return [layer.weight.std().item() for layer in layers(made(init))]

    model = layers(made("he"))
    assert deviations("gauss") == pytest.approx([0.01] * 8, rel=0.05)
    assert deviations("vgg") == pytest.approx([0.1] * 8, rel=0.05)
    second, hidden, last = model[1], model[6], model[7]
    assert deviations("he")[1] == pytest.approx(sqrt(2 / (second.weight.shape[0] // 2 * 25)), rel=0.05)  # 2 groups
    fans = sum(second.weight.shape[:2]) - second.weight.shape[0] // 2
    assert deviations("xavier")[1] == pytest.approx(sqrt(2 / (fans * 25)), rel=0.05)
    assert deviations("he")[6] == pytest.approx(sqrt(2 / hidden.weight.shape[1]), rel=0.05)
    assert deviations("he")[7] == pytest.approx(sqrt(1 / last.weight.shape[1]), rel=0.05)
    assert deviations("xavier")[6] == pytest.approx(sqrt(2 / sum(hidden.weight.shape)), rel=0.05)
    assert max(layer.weight.abs().max().item() * layer.weight[0].numel() for layer in layers(made("lecun"))) < 2.4001


def test_side_heads_end_as_the_head_does() -> None:
    model = build(zoo.network("googlenet[width=0.25]", input=(1, 79, 79), classes=10), init="he")
    for name in ("head.linear", "side1.linear2", "side2.linear2"):
        weight = model.get_parameter(f"{name}.weight")
        assert weight.std().item() == pytest.approx(sqrt(1 / weight.shape[1]), rel=0.1)


def test_every_class_of_a_network_in_network_begins_alive() -> None:
    biases = [layer.bias for layer in layers(made("nin", "nin[width=0.25]")) if layer.bias is not None]
    assert torch.equal(biases[-1], torch.ones(10))
    assert not any(bias.any() for bias in biases[:-1])


def test_an_unknown_initialisation_answers_with_the_nearest() -> None:
    with pytest.raises(BrickworkError, match="unknown initialisation 'xaver': did you mean 'xavier'"):
        made("xaver")
