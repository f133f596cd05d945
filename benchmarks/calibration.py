"""What a temperature and a threshold are worth: fitted on validation images, tried on the test split of `fashion`.

    PYTHONPATH=src python benchmarks/calibration.py [NETWORK [EPOCHS]]

Prints the calibration error and the log-loss before and after the temperature with their intervals, the interval of
the difference by resampling the same images for both, and for several coverages the share of test images that are
answered. That share may differ from the coverage by chance, in the test and in the validation images alike: "within"
says whether it is inside 1.96 * sqrt(c (1 - c) (1 / test + 1 / validation)).
"""

import sys
import time
from dataclasses import replace
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from brickwork import zoo
from brickwork.data import open_data
from brickwork.data.dataset import Dataset
from brickwork.data.preprocessing import preprocess_all
from brickwork.evaluation import Calibration, Estimate, Report, calibrate, calibration_of, evaluate
from brickwork.evaluation.logits import compute_logits, preprocessing_of
from brickwork.evaluation.metrics.calibration import probabilities
from brickwork.evaluation.metrics.intervals import Floats, resample
from brickwork.evaluation.metrics.reliability import bins_of, gaps
from brickwork.model import ModelFile, load
from brickwork.recipe.recipe import Recipe
from brickwork.training.train import train

COVERAGES = (0.5, 0.8, 0.9, 0.95)
DIVISIONS = 200


def trained(text: str, epochs: int) -> tuple[ModelFile, Dataset]:
    """A network that has seen few images often, without label smoothing, and so is too sure of itself."""
    whole = open_data("fashion")
    some = replace(whole, splits={**whole.splits, "train": whole.splits["train"].subset(range(0, 10_000, 4))})
    network = zoo.network(text, input=(1, 28, 28), classes=len(whole.classes))
    recipe = Recipe(epochs=epochs, label_smoothing=0.0, weight_decay=0.0, flip=False, validation=0.4)
    with TemporaryDirectory() as folder:
        train(network, some, recipe, out=Path(folder), listener=lambda news: None)
        return load(Path(folder) / "model.safetensors"), some


def drawn_errors(report: Report) -> Floats:
    """The calibration error in every draw of the images, which are the same for every report on them."""
    confidence, right = report.outcomes.confidence, report.outcomes.correct
    sums = resample({"gaps": gaps(confidence, right, bins_of(confidence))}, report.n)["gaps"]
    errors: Floats = np.abs(sums).sum(1) / report.n
    return errors


def lowered(before: Report, after: Report) -> Estimate:
    """By how much the error falls, with the basic bootstrap interval: twice what is seen less the draws' quantiles."""
    value = before.ece.value - after.ece.value
    low, high = np.quantile(drawn_errors(before) - drawn_errors(after), [0.025, 0.975])
    return Estimate(value, 2 * value - high, 2 * value - low, before.n)


def line(name: str, estimate: Estimate) -> str:
    return f"{name:34} {estimate.value:7.4f}  {estimate.low:7.4f} to {estimate.high:.4f}  {estimate.n:,} images"


def main(text: str, epochs: int) -> None:
    began = time.perf_counter()
    file, data = trained(text, epochs)
    calibration = calibration_of(file)
    assert calibration
    plain = replace(file, record={})
    before, after = evaluate(plain, data), evaluate(file, data)
    print(f"{text}, {epochs} epochs; temperature {calibration.temperature:.3f} from {calibration.n:,} images")
    print(line("accuracy", after.accuracy))
    print(line("ECE before", before.ece))
    print(line("ECE after", after.ece))
    print(line("ECE is lower by", lowered(before, after)))
    print(line("log-loss before", before.nll))
    print(line("log-loss after", after.nll))
    print("\ncoverage  threshold  coverage in test  within  correct of these  in validation")
    for coverage in COVERAGES:
        print(tried(coverage, calibration, after))
    print(f"\n{redivided(file, data)}")
    print(f"{time.perf_counter() - began:.0f} s")


def tried(coverage: float, calibration: Calibration, report: Report) -> str:
    """What a coverage comes to in the test."""
    stated, outcomes = calibration.at(coverage), report.outcomes
    through = outcomes.confidence >= stated.threshold
    error = 1.96 * sqrt(coverage * (1 - coverage) * (1 / report.n + 1 / calibration.n))
    within = "yes" if abs(through.mean() - coverage) <= error else "NO"
    correct = f"{outcomes.correct[through].mean():.1%}"
    covered = f"{through.mean():.1%} +- {error:.1%}"
    stated_share = f"{stated.correct / stated.n:.1%}"
    return f"{coverage:8.0%}  {stated.threshold:9.3f}  {covered:>16}  {within:>6}  {correct:>16}  {stated_share:>13}"


def redivided(file: ModelFile, data: Dataset) -> str:
    """The same without the luck of one division: validation and test images together, divided anew at random."""
    splits = data.with_validation(file.record["recipe"]["validation"], file.record["recipe"]["seed"]).splits
    parts = [splits[name] for name in ("val", "test")]
    pixels = [torch.from_numpy(np.stack([*preprocess_all(part, preprocessing_of(file))])) for part in parts]
    logits = torch.cat([compute_logits(file.model, images, preprocessing_of(file)) for images in pixels])
    labels = torch.cat([torch.from_numpy(part.labels) for part in parts])
    shares: dict[float, list[float]] = {coverage: [] for coverage in COVERAGES}
    for seed in range(DIVISIONS):
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
        some, others = order[: len(pixels[0])], order[len(pixels[0]) :]
        calibration = calibrate(logits[some], labels[some])
        confidence = probabilities(logits[others], calibration.temperature).max(1).values
        for coverage, found in shares.items():
            found.append((confidence >= calibration.at(coverage).threshold).double().mean().item())
    means = ", ".join(f"{coverage:.0%}: {np.mean(found):.2%}" for coverage, found in shares.items())
    return f"Mean coverage over {DIVISIONS} divisions of all {len(labels):,} images: {means}"


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "resnet20[width=0.5]", int(sys.argv[2]) if len(sys.argv) > 2 else 15)
