import pytest

import bars
from brickwork import zoo
from brickwork.recipe.progressive import grows, size_at, takes_size
from brickwork.recipe.recipe import Recipe


def test_sizes_grow_to_the_whole_by_three_quarters_of_the_training_in_steps_of_eight() -> None:
    network = zoo.network("resnet18", input=(3, 224, 160))
    recipe = Recipe(resize_from=0.5, epochs=9)
    heights = [112, 128, 152, 168, 184, 208, 224, 224, 224]  # 224 (1/2 + (epoch - 1) / 12) to the nearest multiple of 8
    widths = [80, 96, 104, 120, 136, 144, 160, 160, 160]
    sizes = [size_at(recipe, network, epoch) for epoch in range(1, 10)]
    assert sizes == list(zip(heights, widths, strict=True))


@pytest.mark.parametrize("epochs", [1, 2])
def test_the_last_epoch_of_a_short_training_has_the_whole_size(epochs: int) -> None:
    network = zoo.network("resnet18", input=(3, 32, 32))
    recipe = Recipe(resize_from=0.5, epochs=epochs)
    assert size_at(recipe, network, epochs) == size_at(recipe, network, epochs + 1) == (32, 32)


def test_without_resizing_nothing_grows() -> None:
    assert not grows(Recipe(), bars.network())
    assert grows(Recipe(resize_from=0.5), zoo.network("resnet18"))


def test_a_network_whose_weights_depend_on_the_size_does_not_take_another() -> None:
    assert takes_size(zoo.network("resnet18"), (112, 112))
    assert not takes_size(zoo.network("vgg11"), (112, 112))
    assert not takes_size(zoo.network("lenet5"), (8, 8))
