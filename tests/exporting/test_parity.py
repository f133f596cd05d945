"""The parity sheet's images and bounds: which split they are of, and that what is no number is never within a bound."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pictures
from brickwork.errors import BrickworkError
from brickwork.evaluation.logits import preprocessing_of
from brickwork.exporting import export
from brickwork.exporting.parity import prove
from brickwork.exporting.parity.samples import find_samples
from brickwork.model import load


def test_the_source_is_the_split_that_was_held_out_of_the_training(model: Path, tmp_path: Path) -> None:
    """Data without a val of its own: the record says how much the training held out, and by which seed."""
    data = pictures.folder(tmp_path / "photos", count=12)
    (data / "val").rename(data / "test")
    file = load(model)
    divided = replace(file, record={**file.record, "recipe": {"validation": 0.25, "seed": 3}})
    held, whole = (find_samples(each, preprocessing_of(each), data) for each in (divided, file))
    assert [samples.source.rpartition(", ")[2] for samples in (held, whole)] == ["val", "train"]
    assert held.count("real") < whole.count("real")


def test_predictions_that_are_no_numbers_are_refused(
    model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = prove.files_difference
    monkeypatch.setattr(prove, "files_difference", lambda *values: replace(find(*values), probability=float(np.nan)))
    with pytest.raises(BrickworkError, match=r"from files by .*, probabilities are up to nan off the model's"):
        export(model, data=photos)
    assert not list(model.parent.glob("*.onnx*"))
