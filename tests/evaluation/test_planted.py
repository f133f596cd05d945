"""The short form of benchmarks/mistakes.py: planted faults stand at the head of a report's lists."""

from pathlib import Path

import bars
from brickwork.data.dataset import ArraySplit
from brickwork.evaluation import evaluate
from brickwork.model import load
from brickwork.training.train import train
from planted import FIRST, only, planted


def test_wrong_labels_lead_the_worst_mistakes_and_the_planted_slice_the_slices(tmp_path: Path) -> None:
    whole = bars.dataset(800, test=False)
    split = whole.splits["train"]
    assert isinstance(split, ArraySplit)
    faults = planted(split, len(bars.CLASSES))
    data = only(whole, faults.split)
    train(bars.network(), data, bars.QUICK, out=tmp_path, listener=bars.silent)
    report = evaluate(load(tmp_path / "model.safetensors"), data, "all")
    assert report.n == 800
    assert faults.found(report) >= 0.5 > 4 * FIRST
    (first, *_) = report.slices
    assert first.kind == "brightness"
    assert first.name.startswith("0.01 to")
    assert first.difference.high < -0.3
