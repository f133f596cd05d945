"""Bad files: one clear line each, and nothing in them is ever run."""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from brickwork.errors import BrickworkError
from brickwork.weights import load_weights
from stored import narrow, stored


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return open, (str(self.mark), "w")


def refusal(path: Path) -> str:
    with pytest.raises(BrickworkError) as caught:
        load_weights(narrow("resnet18"), path)
    words = str(caught.value)
    assert "\n" not in words
    return words.removeprefix(f"{path}: ")


@pytest.mark.parametrize("kind", ["torch", "plain", "legacy"])
def test_a_pickle_with_code_in_it_is_refused_and_never_run(kind: str, tmp_path: Path) -> None:
    mark, path = tmp_path / "mark", tmp_path / "weights.pth"
    content = {**stored(narrow("resnet18"), "torchvision"), "extra": Bomb(mark)}
    if kind == "plain":
        path.write_bytes(pickle.dumps({"extra": Bomb(mark)}))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=kind == "torch")
    words = refusal(path)
    assert not mark.exists()
    assert words.startswith("refused, because it holds more than tensors and reading it could run code.")
    pickle.loads(pickle.dumps(Bomb(mark))).close()
    assert mark.exists()  # the bomb is one


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_refused(suffix: str, share: float, tmp_path: Path) -> None:
    path, tensors = tmp_path / f"weights{suffix}", stored(narrow("resnet18"), "torchvision")
    torch.save(tensors, path) if suffix == ".pth" else save_file(tensors, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert refusal(path).startswith("a truncated or damaged")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(bad: float, tmp_path: Path) -> None:
    tensors = stored(narrow("resnet18"), "torchvision")
    tensors["layer2.1.bn1.running_var"][3] = bad
    torch.save(tensors, tmp_path / "weights.pth")
    assert refusal(tmp_path / "weights.pth") == (
        "layer2.1.bn1.running_var holds numbers that are infinite or not numbers (NaN)."
    )


def test_a_missing_file_another_kind_and_no_tensors_are_told_apart(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.pth") == "no such file of weights."
    (tmp_path / "weights.h5").touch()
    assert refusal(tmp_path / "weights.h5") == "weights are read from .safetensors and .pth, .pt files."
    torch.save([1, 2], tmp_path / "list.pth")
    assert refusal(tmp_path / "list.pth") == "expected tensors by name, found list."
    torch.save({"epoch": 3}, tmp_path / "epoch.pth")
    assert refusal(tmp_path / "epoch.pth") == "expected tensors by name, but 'epoch' is int."
    torch.save({}, tmp_path / "empty.pth")
    assert refusal(tmp_path / "empty.pth").startswith("not weights of resnet18")


@pytest.mark.parametrize(
    "found",
    [{1: torch.ones(2)}, {"a": torch.ones(2).to_sparse()}, {"a": torch.ones(2).to("meta")}, {"a": 1j * torch.ones(2)}],
)
def test_tensors_without_a_name_or_without_plain_numbers_are_refused(found: object, tmp_path: Path) -> None:
    path = tmp_path / "odd.pth"
    torch.save(found, path)
    assert "expected tensors by name" in refusal(path)
