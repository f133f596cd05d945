"""Frozen stages: which stages learn, epoch by epoch, when a recipe freezes and thaws."""

from torch.nn.modules.batchnorm import _BatchNorm

from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.model.batchnorm import FrozenBatchNorm
from brickwork.recipe.recipe import Recipe


def frozen_stages(stages: list[str], recipe: Recipe, epoch: int) -> list[str]:
    """The stages that do not learn in an epoch, counted from 1; those nearest to the head are freed first."""
    most = len(stages) if recipe.freeze == -1 else recipe.freeze
    freed = (epoch - 1) // recipe.unfreeze if recipe.unfreeze else 0
    return stages[: max(most - freed, 0)]


def thaw(model: Model, recipe: Recipe, epoch: int) -> None:
    """Freeze and thaw the stages as a recipe wants them in an epoch, whatever was before.

    It is called after `model.train()`: a frozen stage's batch norms are put into evaluation, so that they normalise by
    the averages that they came with and leave them alone.
    """
    frozen = frozen_stages(model.stages, recipe, epoch)
    for name in model.stages:
        for part in model.get_submodule(name).modules():
            learns = name not in frozen and not isinstance(part, FrozenBatchNorm)
            for weight in part.parameters(recurse=False):
                weight.requires_grad_(learns)
            if isinstance(part, _BatchNorm) and name in frozen:
                part.eval()


def check_freeze(model: Model, recipe: Recipe) -> None:
    """Raises BrickworkError where the recipe freezes stages that the network lacks, or leaves nothing to learn."""
    name, count = model.network.name, len(model.stages)
    if recipe.freeze > count:
        raise BrickworkError(
            f"{name} has {count} stages, {', '.join(model.stages)}: freeze={recipe.freeze} is too many. "
            "freeze=-1 stands for all."
        )
    frozen = frozen_stages(model.stages, recipe, epoch=1)
    if not any(weight.partition(".")[0] not in frozen for weight, _ in model.named_parameters()):
        raise BrickworkError(
            f"{name}: its head has no weights, so nothing learns with freeze={recipe.freeze}: freeze fewer stages."
        )
