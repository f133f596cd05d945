import subprocess
from pathlib import Path

import pytest
import torch

from brickwork.errors import BrickworkError
from brickwork.training.run.checkpoint import Checkpoints, State


def state(step: int) -> State:
    return State(step, {"weight": torch.tensor([0.1, float(step)])}, {"sum": 0.1 + 0.2})


def test_a_checkpoint_gives_back_every_bit(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write(state(7))
    found, said = checkpoints.latest()
    assert found
    assert (found.step, found.facts, said) == (7, {"sum": 0.1 + 0.2}, [])
    assert torch.equal(found.tensors["weight"], state(7).tensors["weight"])


def test_the_sum_is_one_that_others_can_check(tmp_path: Path) -> None:
    Checkpoints(tmp_path).write(state(7))
    subprocess.run(["sha256sum", "--check", "00000007.sha256"], cwd=tmp_path, check=True, capture_output=True)


def test_a_checkpoint_without_its_sum_does_not_exist(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write(state(1))
    checkpoints.write(state(2))
    (tmp_path / "00000002.sha256").unlink()
    found, said = checkpoints.latest()
    assert found
    assert found.step == 1
    assert said == [f"{tmp_path}/00000002.safetensors is not whole: No such file or directory."]


def test_only_wanted_checkpoints_are_kept_and_no_halves_of_others(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2, 3):
        checkpoints.write(state(step))
    (tmp_path / ".00000004.safetensors.99").write_bytes(b"begun")
    checkpoints.keep({1, 3})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "00000001.safetensors", "00000001.sha256", "00000003.safetensors", "00000003.sha256",
    ]  # fmt: skip


def test_another_safetensors_file_with_a_right_sum_is_refused(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write(state(1))
    path = checkpoints.path(1)
    path.write_bytes(b"\x02\x00\x00\x00\x00\x00\x00\x00{}")
    subprocess.run("sha256sum 00000001.safetensors > 00000001.sha256", shell=True, cwd=tmp_path, check=True)
    with pytest.raises(BrickworkError, match=r"00000001\.safetensors was not written by brickwork"):
        checkpoints.read(1)


def test_a_folder_without_checkpoints_has_none(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "none").latest() == (None, [])
