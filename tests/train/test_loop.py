from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

import bars
from brickwork.errors import BrickworkError
from brickwork.train.loop import Loop
from brickwork.train.material import read
from brickwork.train.recipe import Recipe
from brickwork.train.train import begun, start


def loop(recipe: Recipe = bars.QUICK) -> Loop:
    material = read(bars.network(), bars.dataset().with_validation(recipe.validation), bars.silent)
    torch.manual_seed(0)
    model, _ = begun(bars.network(), recipe, bars.silent)
    return start(model, material, recipe, bars.silent)


def test_an_epoch_sees_every_image_once_in_batches_of_nearly_equal_size() -> None:
    training = loop(replace(bars.QUICK, batch=50))
    sizes: list[int] = []
    training.model.get_submodule("stage1.conv").register_forward_pre_hook(
        lambda _, inputs: sizes.append(len(inputs[0]))
    )
    losses = list(training.epoch(1))
    assert len(losses) == training.steps == 3
    assert sizes == [43, 43, 42]


def test_the_loss_falls_and_validation_leaves_the_model_in_training() -> None:
    training = loop(replace(bars.QUICK, epochs=6))
    means = [sum(losses) / len(losses) for losses in (list(training.epoch(number)) for number in range(1, 7))]
    assert means[-1] < means[0] - 0.2
    loss, accuracy = training.validate(training.images, training.labels.cpu())
    assert accuracy > 0.8
    assert loss < 1.0
    assert training.model.training


def test_validation_changes_no_weight_and_no_running_mean() -> None:
    training = loop()
    before = {name: value.clone() for name, value in training.model.state_dict().items()}
    training.validate(training.images, training.labels.cpu())
    assert all(torch.equal(value, before[name]) for name, value in training.model.state_dict().items())


@pytest.mark.parametrize("spoil", [lambda w: w.fill_(float("nan")), lambda w: w.fill_(3e38)])
def test_a_loss_that_is_no_number_names_its_step_and_what_to_do(spoil: Callable[[torch.Tensor], object]) -> None:
    training = loop()
    steps = training.epoch(2)
    next(steps)
    with torch.no_grad():
        spoil(training.model.get_parameter("head.linear.weight"))
    with pytest.raises(BrickworkError) as error:
        list(steps)
    assert str(error.value).startswith(f"step {training.steps + 2} (epoch 2): the loss is ")
    assert "Lower the learning rate (it was lr=0.05)" in str(error.value)
