"""Each fault is provoked for real."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import bars
from brickwork.cli.shell import run
from brickwork.model import build
from brickwork.training.diagnose import first_nonfinite
from brickwork.training.run.checkpoint import Checkpoints

LITTLE = """
import resource, sys
import brickwork.training.train, torch._dynamo
from brickwork.cli.shell import run
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 500_000_000,) * 2)
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by way of /proc")
def test_a_batch_that_does_not_fit_into_memory_is_told_and_leaves_the_checkpoint_whole(tmp_path: Path) -> None:
    words = ["train", "vgg11[batchnorm=true,width=0.5]", "--batch", "4096", "--out", str(tmp_path / "run")]
    done = subprocess.run([sys.executable, "-c", LITTLE, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    message = done.stderr.splitlines()[-1]
    assert (
        "there is not enough memory for 4096 images a step: lower batch, have each batch computed in parts" in message
    )
    assert "accumulate=2" in message
    state, damaged = Checkpoints(tmp_path / "run" / "checkpoints").latest()
    assert state
    assert (state.step, damaged) == (0, [])


def test_a_learning_rate_that_explodes_names_step_layer_remedy_and_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    words = [
        "train", "vgg11[width=0.0625]", "--input", "1x32x32", "--epochs", "1",
        "--lr", "1e5", "--schedule", "constant", "--warmup", "0", "--checkpoint", "1", "--out", str(out),
    ]  # fmt: skip
    assert run(words) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("brickwork: step ")
    assert "not finite" in message or "first that is not finite" in message
    assert "Lower the learning rate (it was lr=100000)" in message
    assert f"'brickwork train --resume {out}' goes on from there with the same recipe." in message
    state, damaged = Checkpoints(out / "checkpoints").latest()
    assert state
    assert not damaged
    assert all(tensor.isfinite().all() for tensor in state.tensors.values())


def test_the_first_layer_with_numbers_that_are_not_finite_is_named() -> None:
    model = build(bars.network())
    images = torch.zeros(2, 1, 8, 8)
    assert first_nonfinite(model, images).startswith("every layer's output is finite")
    assert first_nonfinite(model, images / 0) == "the images are not finite"
    with torch.no_grad():
        model.get_parameter("stage2.norm.bias").fill_(3e38)
    assert first_nonfinite(model, images) == "the output of head.dropout (Dropout) is the first that is not finite"
