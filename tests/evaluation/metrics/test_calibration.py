"""Temperatures and thresholds, on logits of which the truth is known."""

import json
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

import bars
from brickwork.errors import BrickworkError
from brickwork.evaluation import Calibration, calibrate, calibration_of, fit_temperature
from brickwork.evaluation.metrics.calibration import probabilities, slope
from brickwork.runtime.calibration import temperature_of

Population = tuple[Tensor, Tensor]


def drawn(n: int, seed: int, temperature: float = 1.0, classes: int = 5) -> Population:
    """Logits, and labels drawn from their softmax at this temperature."""
    chance = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(n, classes, generator=chance)
    return logits, torch.multinomial(probabilities(logits, temperature), 1, generator=chance).view(-1)


@pytest.mark.parametrize("true", [0.4, 1.0, 2.5])
def test_the_temperature_that_drew_the_labels_is_found(true: float) -> None:
    assert fit_temperature(*drawn(20_000, 0, true)) == pytest.approx(true, rel=0.03)


def test_no_temperature_near_it_makes_the_labels_more_probable() -> None:
    logits, labels = drawn(5_000, 1, 1.7)
    found = fit_temperature(logits, labels)
    losses = [cross_entropy(logits.double() / t, labels) for t in (found, 0.99 * found, 1.01 * found)]
    assert losses[0] == min(losses)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_never_worse_than_none_and_the_same_on_every_call(seed: int) -> None:
    logits, labels = drawn(7, seed, 3.0)
    found = fit_temperature(logits, labels)
    assert cross_entropy(logits.double() / found, labels) <= cross_entropy(logits.double(), labels)
    assert found == fit_temperature(logits, labels)


def test_images_that_are_all_right_do_not_make_the_model_sure_of_everything() -> None:
    logits = 5 * torch.eye(3).repeat(10, 1)
    assert 0.2 < fit_temperature(logits, torch.arange(3).repeat(10)) < 1


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1e3, 1e30])
@pytest.mark.parametrize("right", [True, False])
def test_logits_of_any_size_have_a_temperature(scale: float, right: bool) -> None:
    logits, _ = drawn(50, 0)
    found = fit_temperature(scale * logits.double(), logits.argmax(1) if right else logits.argmin(1))
    assert 1e-4 <= found <= 100


@pytest.mark.parametrize("logits", [torch.zeros(0, 3), torch.tensor([[nan, 1.0]])])
def test_logits_that_say_nothing_are_refused(logits: Tensor) -> None:
    with pytest.raises(BrickworkError, match="finite logits of at least one image"):
        fit_temperature(logits, torch.zeros(len(logits), dtype=torch.int64))


def test_a_threshold_lets_the_stated_share_of_new_images_through() -> None:
    """Over 100 calibrations on 99 images each, so that the mean's own error is small."""
    logits, labels = drawn(12_000, 2)
    shares: dict[float, list[float]] = {0.5: [], 0.9: [], 0.95: []}
    for start in range(0, 9_900, 99):
        calibration = calibrate(logits[start : start + 99], labels[start : start + 99])
        confidence = probabilities(logits[9_900:], calibration.temperature).max(1).values
        for coverage, found in shares.items():
            found.append((confidence >= calibration.at(coverage).threshold).double().mean().item())
    for coverage, found in shares.items():
        assert np.mean(found) == pytest.approx(coverage, abs=3 * np.std(found) / len(found) ** 0.5)


def test_counts_are_those_of_the_images_at_or_above_the_threshold() -> None:
    logits, labels = drawn(400, 3)
    calibration = calibrate(logits, labels)
    best = probabilities(logits, calibration.temperature).max(1)
    for coverage in (0.01, 0.3, 0.9, 1.0):
        row = calibration.at(coverage)
        through = best.values >= row.threshold
        assert (row.n, row.correct) == (int(through.sum()), int((best.indices == labels)[through].sum()))
        assert row.n >= coverage * 400
    assert calibration.at(1.0).threshold == 0


def test_the_fewer_are_answered_the_more_of_them_are_right() -> None:
    calibration = calibrate(*drawn(20_000, 4))
    shares = [calibration.at(c).correct / calibration.at(c).n for c in (0.2, 0.5, 0.8, 1.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1] + 0.1


@pytest.mark.parametrize(("asked", "percent"), [(0.95, 95), (0.901, 91), (0.9, 90), (1, 100), (0.001, 1), (0.07, 7)])
def test_a_coverage_between_two_percents_takes_the_higher(asked: float, percent: int) -> None:
    calibration = calibrate(*drawn(500, 5))
    assert calibration.at(asked) == calibration.thresholds[percent - 1]


@pytest.mark.parametrize("coverage", [0, -0.1, 1.1, nan])
def test_a_coverage_that_is_no_share_is_refused(coverage: float) -> None:
    with pytest.raises(BrickworkError, match="a share above 0 and up to 1, not"):
        calibrate(*drawn(50, 6)).at(coverage)


@pytest.mark.parametrize("n", [1, 2, 5, 1000])
def test_a_calibration_comes_back_from_json(n: int) -> None:
    calibration = calibrate(*drawn(n, 7))
    assert Calibration.read(json.loads(json.dumps(calibration.document()))) == calibration


def spoiled() -> list[Any]:
    good = calibrate(*drawn(50, 8)).document()
    rows = good["answered"]
    return [
        None,
        [],
        {},
        {**good, "more": 1},
        {**good, "temperature": 0},
        {**good, "temperature": nan},
        {**good, "temperature": True},
        {**good, "temperature": "1"},
        {**good, "temperature": 10**400},
        {**good, "n": 0},
        {**good, "n": 50.0},
        {**good, "answered": rows[:-1]},
        {**good, "answered": rows[::-1]},
        {**good, "answered": [*rows[:-1], [0.0, 50]]},
        {**good, "answered": [*rows[:-1], [-0.1, 50, 9]]},
        {**good, "answered": [*rows[:-1], [nan, 50, 9]]},
        {**good, "answered": [*rows[:-1], [0.0, 51, 50]]},
        {**good, "answered": [*rows[:-1], [0.0, 50, 51]]},
        {**good, "answered": [*rows[:-1], {"threshold": 0}]},
    ]


@pytest.mark.parametrize("document", spoiled())
def test_a_record_that_holds_something_else_is_refused(document: Any) -> None:
    with pytest.raises(BrickworkError, match="the calibration in the model file is damaged: found"):
        Calibration.read(document)


def test_a_file_without_a_calibration_has_temperature_1() -> None:
    file = bars.judge_of_brightness()
    assert calibration_of(file) is None
    assert temperature_of(file) == 1
    calibration = calibrate(*drawn(100, 9))
    kept = replace(file, record={"calibration": calibration.document()})
    assert calibration_of(kept) == calibration
    assert temperature_of(kept) == calibration.temperature


def test_a_calibration_of_an_older_model_file_is_read() -> None:
    """The form in which files on people's disks have it: the names in it must stay."""
    rows = [[1 - percent / 100, percent, percent // 2] for percent in range(1, 101)]
    calibration = Calibration.read({"temperature": 1.5, "n": 100, "answered": rows})
    assert (calibration.temperature, calibration.n) == (1.5, 100)
    assert (calibration.at(0.8).threshold, calibration.at(0.8).n, calibration.at(0.8).correct) == (1 - 0.8, 80, 40)
    assert calibration.document() == {"temperature": 1.5, "n": 100, "answered": rows}


@pytest.mark.parametrize("b", [0.2, 1.0, 3.0])
def test_the_second_derivative_of_the_fit_is_that_of_its_first(b: float) -> None:
    scores, step = torch.tensor([[0.0, -1.5, -0.2], [-3.0, 0.0, -0.7]], dtype=torch.float64), 1e-6
    ahead, behind = slope(scores, -1.7, b + step)[0], slope(scores, -1.7, b - step)[0]
    assert slope(scores, -1.7, b)[1] == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)
