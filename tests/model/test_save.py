"""What is saved is what can be loaded: wrappers are opened, and nothing else is written."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model, build, load, save
from brickwork.weights import save_weights


def small() -> Model:
    return build(zoo.network("resnet20[width=0.125]", classes=3))


def refusal(model: nn.Module, path: Path, **given: object) -> str:
    with pytest.raises(BrickworkError) as caught:
        save(path, model, **given)  # type: ignore[arg-type]
    assert not path.exists()
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    "wrap", [torch.compile, nn.DataParallel, AveragedModel, lambda m: torch.compile(AveragedModel(m))]
)
def test_a_wrapped_model_is_saved_as_the_model(wrap: object, tmp_path: Path) -> None:
    model = small()
    save(tmp_path / "a.safetensors", wrap(model))  # type: ignore[operator]
    found = load(tmp_path / "a.safetensors").model.state_dict()
    assert all(torch.equal(tensor, found[name]) for name, tensor in model.state_dict().items())


def test_a_model_with_a_compiled_part_is_saved_under_the_networks_names(tmp_path: Path) -> None:
    model = small()
    wanted = list(model.state_dict())
    model.set_submodule("stage2", torch.compile(model.get_submodule("stage2")))  # type: ignore[arg-type]
    assert any("_orig_mod" in name for name in model.state_dict())
    save(tmp_path / "a.safetensors", model)
    assert list(load(tmp_path / "a.safetensors").model.state_dict()) == wanted


def test_what_is_no_model_of_ours_is_refused(tmp_path: Path) -> None:
    assert refusal(nn.DataParallel(nn.Linear(2, 2)), tmp_path / "a.safetensors") == (
        "expected a model that build(network) made, found DataParallel."
    )


def test_a_model_that_was_changed_by_hand_is_refused_at_the_first_difference(tmp_path: Path) -> None:
    model = small()
    model.set_submodule("head.linear", nn.Linear(8, 7))
    assert refusal(model, tmp_path / "a.safetensors") == (
        "the model is no longer its network: resnet20[width=0.125] has head.linear.weight as (3, 8), the model as "
        "(7, 8). Build the network again."
    )
    model = small()
    model.add_module("extra", nn.Linear(1, 1))
    assert "has extra.weight as nothing, the model as (1, 1)" in refusal(model, tmp_path / "a.safetensors")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused_before_there_is_a_file(bad: float, tmp_path: Path) -> None:
    model = small()
    model.get_parameter("stage1.0.body.conv1.weight").data[0, 0, 1, 1] = bad
    says = "stage1.0.body.conv1.weight holds numbers that are infinite or not numbers (NaN), so nothing is written."
    assert refusal(model, tmp_path / "a.safetensors") == says


def test_a_record_that_is_no_json_is_refused(tmp_path: Path) -> None:
    assert "not JSON serializable" in refusal(small(), tmp_path / "a.safetensors", record={"data": Path("x")})


def test_weights_for_a_library_are_checked_as_well(tmp_path: Path) -> None:
    model = build(zoo.network("resnet18", classes=3))
    assert save_weights(nn.DataParallel(model), "timm", tmp_path / "a.pth") == "resnet18"
    model.get_parameter("stem.conv.weight").data[0] = float("nan")
    with pytest.raises(BrickworkError, match=r"stem\.conv\.weight holds numbers that are infinite"):
        save_weights(model, "timm", tmp_path / "b.pth")
    assert not (tmp_path / "b.pth").exists()


@pytest.mark.parametrize(
    ("text", "input", "says"),
    [
        (
            "resnet18",
            (1, 64, 64),
            "torchvision's resnet18 reads 3x224x224, resnet18 here reads 1x64x64, and so stem.conv has 3,136 "
            "parameters here and 9,408 there.",
        ),
        (
            "vgg11",
            (3, 64, 64),
            "torchvision's vgg11 reads 3x224x224, vgg11 here reads 3x64x64, and so head.linear1 has 8,392,704 "
            "parameters here and 102,764,544 there.",
        ),
    ],
)
def test_a_library_gets_no_network_of_another_input(
    text: str, input: tuple[int, ...], says: str, tmp_path: Path
) -> None:
    with torch.device("meta"):
        model = Model(zoo.network(text, input=input))
    with pytest.raises(BrickworkError) as caught:
        save_weights(model, "torchvision", tmp_path / "a.pth")
    assert str(caught.value) == says


def test_an_input_of_another_size_that_changes_no_shape_is_written(tmp_path: Path) -> None:
    model = build(zoo.network("resnet18", input=(3, 64, 96), classes=3))
    assert save_weights(model, "torchvision", tmp_path / "a.pth") == "resnet18"
