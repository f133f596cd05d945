import pytest
import torch
from torch.nn import functional

import bars
from brickwork.model import build
from brickwork.network import SideHead, chain
from brickwork.recipe.recipe import Recipe
from brickwork.training.optim.loss import Loss, class_balance, make_loss

SCORES, LABELS = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 3, 0, 0])
WEIGHTS = torch.tensor([0.5, 1.0, 2.0, 3.0])


def test_side_heads_enter_the_loss_with_their_weights() -> None:
    labels = torch.tensor([0, 1])
    head, one, two = torch.randn(3, 2, 4).unbind()
    sides = (SideHead("side1", "stage1", chain(), weight=0.3), SideHead("side2", "stage1", chain(), weight=0.7))
    found = make_loss(sides, Recipe(), (1, 1, 1, 1))({"head": head, "side1": one, "side2": two}, labels)
    cross = [functional.cross_entropy(logits, labels, label_smoothing=0.1) for logits in (head, one, two)]
    assert found.item() == pytest.approx((cross[0] + 0.3 * cross[1] + 0.7 * cross[2]).item())


def test_side_heads_are_trained_with_the_network() -> None:
    model = build(bars.network(sides=True))
    lost = make_loss(model.network.side_heads, Recipe(), (1, 1, 1, 1))
    lost(model.all_logits(torch.rand(4, 1, 8, 8)), torch.arange(4)).backward()  # type: ignore[no-untyped-call]
    side = dict(model.named_parameters())["side1.linear.weight"]
    assert side.grad is not None
    assert side.grad.abs().sum() > 0


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("gamma", [0.0, 2.0])
@pytest.mark.parametrize("classes", [None, WEIGHTS])
def test_labels_and_their_shares_give_the_same(smoothing: float, gamma: float, classes: torch.Tensor | None) -> None:
    lost = Loss({}, smoothing, gamma, classes)
    shares = functional.one_hot(LABELS, 4).float()
    torch.testing.assert_close(lost({"head": SCORES}, LABELS), lost({"head": SCORES}, shares))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("classes", [None, WEIGHTS])
def test_mixed_labels_cost_what_their_parts_cost(smoothing: float, classes: torch.Tensor | None) -> None:
    lost, other = Loss({}, smoothing, 0.0, classes), LABELS.flip(0)
    shares = 0.3 * functional.one_hot(LABELS, 4) + 0.7 * functional.one_hot(other, 4)
    expected = 0.3 * lost({"head": SCORES}, LABELS) + 0.7 * lost({"head": SCORES}, other)
    torch.testing.assert_close(lost({"head": SCORES}, shares), expected)


def test_class_weights_multiply_each_images_cross_entropy() -> None:
    each = functional.cross_entropy(SCORES, LABELS, reduction="none")
    found = Loss({}, 0.0, 0.0, WEIGHTS)({"head": SCORES}, LABELS)
    torch.testing.assert_close(found, (WEIGHTS[LABELS] * each).mean())


def test_focal_loss_is_that_of_the_paper() -> None:
    right = SCORES.softmax(1)[torch.arange(6), LABELS]
    found = Loss({}, 0.0, 2.0)({"head": SCORES}, LABELS)
    torch.testing.assert_close(found, (-((1 - right) ** 2) * right.log()).mean())


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_focal_loss_has_a_slope_where_an_image_is_certain(gamma: float) -> None:
    scores = torch.tensor([[200.0, 0.0], [0.0, 200.0]], requires_grad=True)
    Loss({}, 0.0, gamma)({"head": scores}, torch.tensor([0, 0])).backward()  # type: ignore[no-untyped-call]
    assert scores.grad is not None
    assert scores.grad.isfinite().all()


@pytest.mark.parametrize("classes", [None, WEIGHTS])
def test_the_parts_of_a_batch_add_up_to_the_whole(classes: torch.Tensor | None) -> None:
    lost = Loss({}, 0.1, 2.0, classes)
    whole = lost({"head": SCORES}, LABELS)
    parts = [lost({"head": SCORES[part]}, LABELS[part]) * len(LABELS[part]) / 6 for part in (slice(0, 2), slice(2, 6))]
    torch.testing.assert_close(whole, parts[0] + parts[1])


def test_balanced_weights_make_every_class_count_the_same() -> None:
    weights = class_balance((10, 30, 60))
    torch.testing.assert_close(weights * torch.tensor([10, 30, 60]), torch.full((3,), 100 / 3))
    assert class_balance((5, 0, 5)).tolist() == [1.0, 1.0, 1.0]


def test_a_recipe_chooses_what_is_minimised() -> None:
    plain = make_loss((), Recipe(gamma=3.0), (1, 3))
    assert (plain.smoothing, plain.gamma, plain.classes) == (0.1, 0.0, None)
    rich = make_loss((), Recipe(loss="focal", gamma=3.0, class_weights="balanced", label_smoothing=0.0), (1, 3))
    assert rich.classes is not None
    assert (rich.smoothing, rich.gamma, rich.classes.tolist()) == (0.0, 3.0, pytest.approx([2.0, 2 / 3]))


def test_a_loss_of_half_precision_scores_is_float32() -> None:
    assert Loss()({"head": SCORES.bfloat16()}, LABELS).dtype == torch.float32
