"""A small training as the command line runs it, in a child process that can be killed, and what it came to.

Children are forked after torch has been imported, so that a kill costs no seconds of importing; what they run is the
command line's own `run`.
"""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
import torch._dynamo  # as torch's optimizers do when they are first used

import brickwork.training.train  # noqa: F401
from brickwork.cli.shell import run as command
from brickwork.model import load
from brickwork.training.run.checkpoint import Checkpoints

torch.set_num_threads(1)  # a child that is forked beside OpenMP's threads waits for them for ever

CLASSES = 4
NETWORK = "vgg11[width=0.125,batchnorm=true]"  # quick steps, dropout, norms, and 5 MB of weights to be saved
RECIPE = (
    "--epochs", "3", "--batch", "16", "--lr", "0.05", "--checkpoint", "1", "--ema", "0.9", "--precision", "fp32",
)  # fmt: skip


def images(folder: Path, count: int = 120) -> Path:
    """A folder of idx files: noise, with a brightness that tells the class."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    for stem, number in (("train", count), ("t10k", count // 4)):
        labels = np.arange(number, dtype=np.uint8) % CLASSES
        pixels = chance.integers(0, 60, (number, 8, 8)) + 50 * labels[:, None, None]
        write_idx(folder / f"{stem}-images-idx3-ubyte", pixels.astype(np.uint8))
        write_idx(folder / f"{stem}-labels-idx1-ubyte", labels)
    (folder / "classes.txt").write_text("\n".join(f"class {number}" for number in range(CLASSES)))
    return folder


def write_idx(path: Path, values: np.ndarray) -> None:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    path.write_bytes(bytes((0, 0, 8, values.ndim)) + sizes + values.tobytes())


def words(data: Path, out: Path) -> list[str]:
    """The command for a run: to begin it, or to go on with it where it has been begun."""
    if (out / "run.json").exists():
        return ["train", "--resume", str(out), "--json"]
    return ["train", NETWORK, "--input", "1x32x32", "--data", str(data), "--out", str(out), *RECIPE, "--json"]


def child(arguments: Sequence[str], log: Path) -> int:
    """The process number of a child that runs a command and leaves with its exit code."""
    sys.stdout.flush()
    number = os.fork()
    if number:
        return number
    code = 70
    try:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.default_int_handler if name == signal.SIGINT else signal.SIG_DFL)
        sys.stdout = sys.stderr = log.open("a")
        code = command(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def waited(number: int) -> int:
    """The exit code of a child; the signal's number, negative, where it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def weights_of(out: Path) -> str:
    """A sum over the final model's weights, and over the last checkpoint's tensors."""
    whole = sha256()
    state, _ = Checkpoints(out / "checkpoints").latest()
    assert state
    for tensors in (load(out / "model.safetensors").model.state_dict(), state.tensors):
        for name, tensor in sorted(tensors.items()):
            whole.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return whole.hexdigest()
