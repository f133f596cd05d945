"""What numbers a training computes in, and which of them are kept."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from effects import reference
from effects.reference import close, descend, head, pixels
from effects.runs import BrickworkError, fit, images, net


def test_fp32_computes_in_float32(tmp_path: Path) -> None:
    assert fit(tmp_path / "run", net(), images(), precision="fp32").trace.dtypes == {torch.float32}


def test_bf16_computes_in_bfloat16_and_keeps_and_validates_in_float32(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=3, lr=0.2, precision="bf16")
    assert run.trace.dtypes == {torch.bfloat16}
    assert {value.dtype for value in run.weights.values()} == {torch.float32}
    held, labels = pixels(run.dataset, "val")
    for step, epoch in enumerate(run.epochs, 1):
        exact = functional.cross_entropy(head(run.after(step), held), labels).item()
        assert epoch["val_loss"] == pytest.approx(exact, rel=1e-5)


def test_bf16_takes_nearly_the_steps_of_float32(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=3, lr=0.2, precision="bf16")
    path = descend(run.after(0), [pixels(run.dataset, "train")] * 3, reference.sgd(0.2))
    close(run.after(3), path[-1], rtol=0.05, atol=0.005)
    gaps = [(run.after(3)[name] - value).abs().max().item() for name, value in path[-1].items()]
    assert max(gaps) > 1e-5, "they are not the same numbers"


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU computes in fp16")
def test_fp16_needs_a_gpu(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError, match="precision=fp16 needs a GPU"):
        fit(tmp_path / "run", net(), images(), precision="fp16")
