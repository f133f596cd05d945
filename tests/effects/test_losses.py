"""What is minimised: each loss against its formula, through the steps that it leads to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from effects import reference
from effects.reference import close, descend, forward, head, pixels
from effects.runs import fit, images, narrow, net

STEPS = 4
COUNTS = (12, 6, 3)  # images of each class


def entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy of each image."""
    return -logits.log_softmax(1).gather(1, labels.view(-1, 1)).squeeze(1)


def smoothing(share: float) -> Callable[[Tensor, Tensor], Tensor]:
    """A share of each label is spread over all three classes."""
    return lambda logits, labels: (
        ((1 - share) * entropy(logits, labels)).mean() - share * logits.log_softmax(1).mean(1).mean()
    )


def focal(gamma: float) -> Callable[[Tensor, Tensor], Tensor]:
    """(1 - p)^gamma times the cross-entropy (Lin et al. 2017, equation 4)."""

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        costs = entropy(logits, labels)
        return ((1 - (-costs).exp()) ** gamma * costs).mean()

    return loss


def balanced(logits: Tensor, labels: Tensor) -> Tensor:
    """7 is the mean of 12, 6 and 3: an image of a class of c weighs 7 / c; the mean is over images, not weights."""
    weights = torch.tensor([7 / count for count in COUNTS])
    return (weights[labels] * entropy(logits, labels)).mean()


def heavy(logits: Tensor, labels: Tensor) -> Tensor:
    weights = torch.tensor([7 / count for count in COUNTS])
    costs = entropy(logits, labels)
    return (weights[labels] * (1 - (-costs).exp()) ** 1.5 * costs).mean()


CASES: dict[str, tuple[dict[str, Any], Callable[[Tensor, Tensor], Tensor]]] = {
    "cross-entropy": ({}, lambda logits, labels: entropy(logits, labels).mean()),
    "smoothing 0.1": ({"label_smoothing": 0.1}, smoothing(0.1)),
    "smoothing 0.4": ({"label_smoothing": 0.4}, smoothing(0.4)),
    "focal 2": ({"loss": "focal"}, focal(2.0)),
    "focal 0.5": ({"loss": "focal", "gamma": 0.5}, focal(0.5)),
    "balanced": ({"class_weights": "balanced"}, balanced),
    "focal and balanced": ({"loss": "focal", "gamma": 1.5, "class_weights": "balanced"}, heavy),
    "gamma without focal": ({"gamma": 3.0}, lambda logits, labels: entropy(logits, labels).mean()),
}


@pytest.mark.parametrize("case", CASES)
def test_the_steps_are_those_of_the_formula(tmp_path: Path, case: str) -> None:
    fields, loss = CASES[case]
    run = fit(tmp_path / "run", net(), images(COUNTS), epochs=STEPS, lr=0.1, **fields)
    batch, labels = pixels(run.dataset, "train")
    path = descend(run.after(0), [(batch, labels)] * STEPS, reference.sgd(0.1), loss)
    for step, expected in enumerate(path):
        close(run.after(step), expected)
    before = [loss(head(weights, batch), labels).item() for weights in path[:-1]]
    assert [epoch["loss"] for epoch in run.epochs] == pytest.approx(before, rel=1e-4)


@pytest.mark.parametrize("case", ["cross-entropy", "smoothing 0.4", "balanced", "focal and balanced"])
def test_a_batchs_loss_is_divided_by_its_images(tmp_path: Path, case: str) -> None:
    """Whatever their classes weigh: 7 images a batch, and the classes in it are as chance has it."""
    fields, loss = CASES[case]
    run = fit(tmp_path / "run", net(), images(COUNTS), epochs=2, batch=7, lr=0.2, **fields)
    batch, labels = pixels(run.dataset, "train")
    parts = [reference.which(part, batch) for part in run.trace.trained]
    path = descend(run.after(0), [(batch[part], labels[part]) for part in parts], reference.sgd(0.2), loss)
    for step, expected in enumerate(path):
        close(run.after(step), expected)


def test_validation_is_by_plain_cross_entropy(tmp_path: Path) -> None:
    fields = {"label_smoothing": 0.3, "class_weights": "balanced", "loss": "focal"}
    run = fit(tmp_path / "run", net(side=0.3), images(COUNTS), lr=0.1, **fields)
    held, labels = pixels(run.dataset, "val")
    expected = functional.cross_entropy(head(run.after(1), held), labels).item()
    assert run.epochs[0]["val_loss"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("weight", [0.3, 1.0])
def test_a_side_heads_loss_has_its_weight(tmp_path: Path, weight: float) -> None:
    run = fit(tmp_path / "run", net(convs=2, side=weight), images(), epochs=STEPS, lr=0.2)
    batch = pixels(run.dataset, "train")
    path = descend(run.after(0), [batch] * STEPS, reference.sgd(0.2), side=weight)
    for step, expected in enumerate(path):
        close(run.after(step), expected)
    logits = forward(run.after(0), batch[0])
    costs = {name: functional.cross_entropy(scores, batch[1]).item() for name, scores in logits.items()}
    assert run.epochs[0]["loss"] == pytest.approx(costs["head"] + weight * costs["side"], rel=1e-4)


def test_googlenets_side_heads_weigh_three_tenths_and_are_narrowed_by_width(tmp_path: Path) -> None:
    """A bias moves by the rate times the head's weight times the mean of softmax minus label."""
    run = fit(tmp_path / "run", narrow("googlenet[width=0.05]", (1, 80, 80), 3), GLANCE, lr=0.01)
    batch, labels = pixels(run.dataset, "train")
    shares = functional.one_hot(labels, 3)[reference.which(run.trace.trained[0], batch)]
    assert len(run.trace.logits) == 3  # in the order in which they are computed
    for name, weight, logits in zip(("side1", "side2", "head"), (0.3, 0.3, 1.0), run.trace.logits, strict=True):
        bias = [key for key in run.after(0) if key.startswith(name) and key.endswith("bias")][-1]
        steps = (run.after(0)[bias] - run.after(1)[bias]) / 0.01
        torch.testing.assert_close(steps, weight * (logits.softmax(1) - shares).mean(0), rtol=1e-3, atol=1e-4)


GLANCE = images((2, 2, 2), val=3, size=80)


@pytest.mark.parametrize(("width", "reduced", "hidden"), [(0.05, 6, 51), (0.1, 13, 102)])
def test_width_narrows_the_side_heads_but_not_their_logits(
    tmp_path: Path, width: float, reduced: int, hidden: int
) -> None:
    """128 channels and 1024 numbers in the paper."""
    weights = fit(tmp_path / "run", narrow(f"googlenet[width={width}]", (1, 80, 80), 3), GLANCE).weights
    for side in ("side1", "side2"):
        outs = [value.shape[0] for name, value in weights.items() if name.startswith(side) and value.dim() > 1]
        assert outs == [reduced, hidden, 3]
