from dataclasses import replace

import numpy as np
import pytest
import torch

from brickwork.data.dataset import Images
from brickwork.data.preprocessing import Preprocessing
from brickwork.loader.sampler import flip_and_shift, plan_epoch
from brickwork.loader.transforms import ImageTransform, Sample, flip_and_shift_image, transforms_images
from brickwork.recipe.recipe import Recipe

CHANCE = np.random.default_rng(0)
GREY = Preprocessing(1, 16, 16, (0.4,), (0.2,))
COLOUR = Preprocessing(3, 16, 16, (0.4,) * 3, (0.2,) * 3)


class Noise:
    """Every image is another noise of 24 x 20."""

    def __init__(self, channels: int) -> None:
        self.channels = channels

    def image(self, i: int) -> Images:
        return np.random.default_rng(i).integers(0, 256, (24, 20, self.channels), np.uint8)


def test_one_image_is_moved_as_a_whole_batch_is() -> None:
    images = CHANCE.integers(0, 256, (40, 9, 7, 3), np.uint8)
    chances = plan_epoch(Recipe(crop=3), 1, np.zeros(40, np.int64), flip=True)
    expected = flip_and_shift(torch.from_numpy(images).permute(0, 3, 1, 2), chances).permute(0, 2, 3, 1)
    rows = zip(chances.order.tolist(), chances.mirrored.tolist(), *chances.shifts.T.tolist(), strict=True)
    for found, (sample, mirrored, down, right) in zip(expected, rows, strict=True):
        assert np.array_equal(
            flip_and_shift_image(images[sample], Sample(sample, sample, mirrored, down, right)), found.numpy()
        )


RECIPES = {
    "scale": Recipe(scale=0.3),
    "color": Recipe(color=0.4, scale=0.9),
    "randaugment": Recipe(policy="randaugment", scale=0.9),
    "trivialaugment": Recipe(policy="trivialaugment", scale=0.9),
}


@pytest.mark.parametrize("preprocessing", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_chance_is_that_of_seed_epoch_and_sample_and_disturbs_nobody(
    recipe: Recipe, preprocessing: Preprocessing
) -> None:
    def image(recipe: Recipe, epoch: int, key: int) -> Images:
        return ImageTransform(Noise(preprocessing.channels), preprocessing, recipe).image(
            epoch, Sample(4, key, False, 0, 0)
        )

    torch.manual_seed(1)
    first = image(recipe, 2, 4)
    following = torch.rand(())
    torch.manual_seed(1)
    assert torch.equal(following, torch.rand(()))
    assert first.shape == (16, 16, preprocessing.channels)
    assert np.array_equal(first, image(recipe, 2, 4))
    others = [image(recipe, 3, 4), image(recipe, 2, 5), image(replace(recipe, seed=1), 2, 4)]
    assert sum(not np.array_equal(first, other) for other in others) >= 2  # a policy may leave an image as it is


def test_without_changes_of_single_images_they_stay_as_they_are() -> None:
    class Stored:
        def image(self, i: int) -> Images:
            return np.full((16, 16, 1), i, np.uint8)

    assert not transforms_images(Recipe(crop=2, erasing=0.5, mixup=0.2))
    found = ImageTransform(Stored(), GREY, Recipe()).image(1, Sample(7, 7, True, 2, 2))
    assert (found == 7).all()


def test_every_change_of_single_images_is_recognised() -> None:
    assert all(transforms_images(recipe) for recipe in RECIPES.values())
    assert all(transforms_images(replace(recipe, scale=1.0)) for name, recipe in RECIPES.items() if name != "scale")
