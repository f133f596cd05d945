"""Files for other libraries: the whole network or nothing. That they load there is shown in test_parity.py."""

from pathlib import Path

import pytest
import torch

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model, build
from brickwork.weights import fingerprint, load_weights, save_weights
from brickwork.weights.equivalents import EQUIVALENTS, equivalent


def small(text: str, **size: int) -> Model:
    return build(zoo.network(text, classes=2, **size))  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("library", ["torchvision", "timm", "cadene"])
def test_what_is_written_for_a_library_comes_back_as_it_was(library: str, suffix: str, tmp_path: Path) -> None:
    there, here = small("resnet18"), small("resnet18")
    assert save_weights(there, library, tmp_path / f"file{suffix}") == "resnet18"
    load_weights(here, tmp_path / f"file{suffix}")
    assert fingerprint(here) == fingerprint(there)
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"file{suffix}"]


def test_the_name_that_is_returned_is_the_librarys(tmp_path: Path) -> None:
    model = small("seresnet50[stride=v1,stem=caffe]")
    assert save_weights(model, "timm", tmp_path / "a.pth") == "legacy_seresnet50"
    assert save_weights(model, "cadene", tmp_path / "b.pth") == "se_resnet50"
    assert "layer1.0.se_module.fc1.weight" in torch.load(tmp_path / "a.pth", weights_only=True)


def test_a_network_is_known_by_its_value_and_not_by_its_name() -> None:
    found = equivalent(zoo.network("resnet50[flavor=original]", input=(3, 64, 64), classes=3))
    assert found is not None
    assert found.network == "resnet50"
    for text in ("resnet50[stride=v1]", "resnet50[shortcut=C]", "resnet50[width=0.5]", "googlenet", "alexnet"):
        assert equivalent(zoo.network(text)) is None


def test_every_row_has_a_network_and_no_two_rows_the_same() -> None:
    rows = [equivalent(zoo.network(row.network)) for row in EQUIVALENTS]
    assert rows == list(EQUIVALENTS)


def test_a_network_that_the_library_has_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError, match=r"timm has no network like googlenet_tv; torchvision has one\."):
        save_weights(small("googlenet_tv"), "timm", tmp_path / "a.pth")
    with pytest.raises(BrickworkError, match=r"torchvision has no network like resnet20; no library has one\."):
        save_weights(small("resnet20"), "torchvision", tmp_path / "a.pth")
    with pytest.raises(BrickworkError, match=r"unknown library 'tim': did you mean 'timm'\?"):
        save_weights(small("resnet18"), "tim", tmp_path / "a.pth")
    with pytest.raises(BrickworkError, match=r"weights are written to \.safetensors and \.pth, \.pt files"):
        save_weights(small("resnet18"), "timm", tmp_path / "a.h5")
    assert list(tmp_path.iterdir()) == []
