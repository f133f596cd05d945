from dataclasses import replace

import numpy as np
import pytest
import torch

import bars
from brickwork.data.preprocessing import Preprocessing
from brickwork.loader.batch_transforms import Batch, BatchTransform
from brickwork.loader.sampler import EpochPlan, plan_epoch
from brickwork.recipe.recipe import Recipe

COUNT = 16
IMAGES = torch.randint(0, 256, (COUNT, 8, 8, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)).permute(
    0, 3, 1, 2
)
LABELS = torch.arange(COUNT) % 4


def chances(recipe: Recipe) -> EpochPlan:
    return plan_epoch(recipe, 1, LABELS.numpy(), flip=False)


def made(recipe: Recipe, epoch: int = 1, number: int = 0, *, grows: bool = False) -> Batch:
    network = replace(bars.network(), input=(3, 8, 8))
    whole = BatchTransform(recipe, Preprocessing(3, 8, 8, (0.5,) * 3, (0.25,) * 3), network, grows)
    return whole(IMAGES, LABELS, chances(recipe), epoch, number)


def test_images_are_normalised_and_labels_stay() -> None:
    batch = made(Recipe())
    torch.testing.assert_close(batch.images, (IMAGES / 255 - 0.5) / 0.25)
    assert torch.equal(batch.targets, LABELS)


def test_a_rectangle_is_erased_in_the_mean_colour() -> None:
    assert ((made(Recipe(erasing=1.0)).images == 0).sum((1, 2, 3)) >= 3).all()


@pytest.mark.parametrize("recipe", [Recipe(mixup=0.4), Recipe(cutmix=1.0), Recipe(mixup=0.4, cutmix=1.0)])
def test_mixed_targets_are_shares_of_classes_and_follow_seed_epoch_and_step(recipe: Recipe) -> None:
    torch.manual_seed(1)
    first = made(recipe)
    torch.manual_seed(2)
    assert torch.equal(first.targets, made(recipe).targets)
    assert first.targets.shape == (COUNT, 4)
    torch.testing.assert_close(first.targets.sum(1), torch.ones(COUNT))
    assert first.images.is_contiguous(memory_format=torch.channels_last)
    others = [made(recipe, epoch=2), made(recipe, number=1), made(replace(recipe, seed=1))]
    assert not any(torch.equal(first.images, other.images) for other in others)


def test_a_blend_and_a_patch_are_weighed_as_their_targets_say() -> None:
    plain = made(Recipe()).images
    blend = made(Recipe(mixup=1.0))
    share = blend.targets[0, LABELS[0]]
    torch.testing.assert_close(blend.images[0], share * plain[0] + (1 - share) * plain[-1])
    patch = made(Recipe(cutmix=1.0))
    kept = (patch.images[0] == plain[0]).all(0).float().mean()
    assert patch.targets[0, LABELS[0]].item() == pytest.approx(kept.item(), abs=1e-5)


def test_both_kinds_of_mixing_take_turns_by_chance() -> None:
    plain = made(Recipe()).images
    both = Recipe(mixup=1.0, cutmix=1.0)
    kept = [(made(both, number=step).images == plain).float().mean().item() for step in range(20)]
    assert 4 < sum(share > 0.02 for share in kept) < 16  # of a blend, one in 256 by chance


def test_images_are_smaller_in_the_first_epochs_where_the_network_takes_them() -> None:
    recipe = Recipe(resize_from=0.5, epochs=5)
    network = replace(bars.network(), input=(3, 32, 32))
    whole = BatchTransform(recipe, Preprocessing(3, 32, 32, (0.5,) * 3, (0.25,) * 3), network, grows=True)
    images = torch.from_numpy(np.full((4, 3, 32, 32), 255, np.uint8))
    sizes = []
    for epoch in range(1, 6):
        batch = whole(images, LABELS[:4], chances(recipe), epoch, 0)
        sizes.append(batch.images.shape[2])
        torch.testing.assert_close(batch.images, torch.full_like(batch.images, 2.0))
    assert sizes == [16, 24, 24, 32, 32]
    fixed = replace(whole, grows=False)
    assert fixed(images, LABELS[:4], chances(recipe), 1, 0).images.shape[2] == 32
