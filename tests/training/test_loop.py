from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch

import bars
from brickwork.errors import BrickworkError
from brickwork.loader.loader import open_loader
from brickwork.recipe.recipe import Recipe
from brickwork.training.loop import Loop, make_loop
from brickwork.training.train import initial_model


def loop(recipe: Recipe = bars.QUICK) -> Loop:
    torch.manual_seed(0)
    model, _ = initial_model(bars.network(), recipe, bars.silent)
    return make_loop(model, open_loader(bars.dataset(), bars.network(), recipe))


def losses_of(training: Loop, epoch: int) -> Iterator[float]:
    """The loss of every step of an epoch that is still to be taken."""
    return (training.train_step(batch, epoch) for batch in training.batches(epoch))


def test_an_epoch_sees_every_image_once_in_batches_of_nearly_equal_size() -> None:
    training = loop(replace(bars.QUICK, batch=50))
    sizes: list[int] = []
    training.model.get_submodule("stage1.conv").register_forward_pre_hook(
        lambda _, inputs: sizes.append(len(inputs[0]))
    )
    losses = list(losses_of(training, 1))
    assert len(losses) == len(training.loader) == 3
    assert sum(sizes) == training.loader.samples
    assert max(sizes) - min(sizes) <= 1


def test_the_model_is_on_the_loaders_device_with_channels_last() -> None:
    weight = loop().model.get_parameter("stage2.conv.weight")
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_the_loss_falls() -> None:
    training = loop(replace(bars.QUICK, epochs=6))
    means = [sum(losses) / len(losses) for losses in (list(losses_of(training, number)) for number in range(1, 7))]
    assert means[-1] < means[0] - 0.2


def test_an_epoch_goes_on_from_the_step_that_was_reached() -> None:
    whole, halted = loop(), loop()
    expected = list(losses_of(whole, 1))
    steps = losses_of(halted, 1)
    begun = [next(steps), next(steps)]
    steps.close()
    assert begun + list(losses_of(halted, 1)) == expected
    assert halted.loss_sum == whole.loss_sum


def gradient(count: int) -> torch.Tensor:
    """Of the head, over a batch in so many parts; in evaluation, as each part would be normalised by itself."""
    training = loop(replace(bars.QUICK, batch=30, precision="fp32", accumulate=count))
    training.model.eval()
    batch = next(training.batches(1))
    sizes = [len(part.images) for part in batch]
    assert len(sizes) == count
    assert max(sizes) - min(sizes) <= 1
    assert {part.of for part in batch} == {sum(sizes)}
    training.model.eval()
    training.accumulate(batch, 0) if count > 1 else training.backward(batch[0], 0)
    found = training.model.get_parameter("head.linear.weight").grad
    assert found is not None
    return found


def test_a_batch_in_parts_has_the_gradient_of_the_whole() -> None:
    torch.testing.assert_close(gradient(4), gradient(1))


def test_a_clipped_gradient_has_at_most_the_length_that_is_asked_for() -> None:
    training = loop(replace(bars.QUICK, clip=0.01))
    next(losses_of(training, 1))
    length = torch.stack([weight.grad.norm() for weight in training.model.parameters() if weight.grad is not None])
    assert length.norm() <= 0.010001


def spoil(weight: torch.Tensor) -> None:
    with torch.no_grad():
        weight.fill_(float("nan"))


def overflow(weight: torch.Tensor) -> None:
    with torch.no_grad():
        weight.fill_(3e38)


@pytest.mark.parametrize(
    ("harm", "where"),
    [
        (spoil, "the weights stage2.conv.weight are not finite"),
        (overflow, "the output of stage2.conv (Conv2d) is the first that is not finite"),
    ],
)
def test_a_loss_that_is_no_number_names_its_step_the_layer_where_it_began_and_what_to_do(
    harm: Callable[[torch.Tensor], None], where: str
) -> None:
    training = loop()
    training.step = len(training.loader)
    steps = losses_of(training, 2)
    next(steps)
    harm(training.model.get_parameter("stage2.conv.weight"))
    with pytest.raises(BrickworkError) as error:
        list(steps)
    assert str(error.value).startswith(f"step {len(training.loader) + 2} (epoch 2): the loss is ")
    assert where in str(error.value)
    assert "Lower the learning rate (it was lr=0.05)" in str(error.value)


class Watched(torch.amp.GradScaler):
    """A scaler that scales, as with fp16 on a GPU, and tells what it was asked for."""

    def __init__(self) -> None:
        super().__init__("cpu", init_scale=8.0)
        self.calls: list[str] = []

    def step(self, optimizer: torch.optim.Optimizer) -> None:  # type: ignore[override]
        self.calls.append("step")
        super().step(optimizer)

    def update(self, new_scale: float | None = None) -> None:  # type: ignore[override]
        self.calls.append("update")
        super().update()


def test_a_scaled_gradient_takes_the_same_step_and_the_scale_is_adapted_after_it() -> None:
    plain, scaled = (loop(replace(bars.QUICK, precision="fp32", clip=0.5)) for _ in range(2))
    scaled.scaler = watched = Watched()
    next(losses_of(plain, 1))
    next(losses_of(scaled, 1))
    assert watched.calls == ["step", "update"]
    torch.testing.assert_close(scaled.model.state_dict(), plain.model.state_dict())
