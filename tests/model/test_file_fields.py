"""What a model file says in its header, field by field, and the whole sentence for each thing that is wrong in one."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from brickwork import build, zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model, ModelFile, load, save
from brickwork.network import Network, SideHead, chain, from_json, stages
from brickwork.network.layers import BatchNorm, Conv, Dropout, Flatten, GlobalAvgPool, Linear, ReLU

CLASSES = ("b", "a", "\N{LATIN SMALL LETTER E WITH ACUTE}t\N{LATIN SMALL LETTER E WITH ACUTE}")
PREPROCESSING = {"channels": 1, "mean": [0.25], "nested": {"deep": [1, None, True]}}
RECORD = {"data": "photos", "seed": 2**53, "recipe": {"lr": 1e-9}, "words": '\u4f60\u597d " \\ \n'}


def network() -> Network:
    side = SideHead("side1", "stage1", chain(GlobalAvgPool(), Flatten(), Linear(3)), weight=0.4)
    body = stages(stage1=chain(Conv(4, 3), BatchNorm(), ReLU()), stage2=Conv(5, 3))
    return Network("own", (1, 9, 8), 3, body, chain(GlobalAvgPool(), Flatten(), Dropout(0.5), Linear(3)), (side,))


@pytest.fixture
def model() -> Model:
    made = build(network()).train()
    for _ in range(3):
        made(torch.randn(4, 1, 9, 8) + 1)
    return made


@pytest.fixture
def path(tmp_path: Path, model: Model) -> Path:
    save(tmp_path / "m.safetensors", model, classes=CLASSES, preprocessing=PREPROCESSING, record=RECORD)
    return tmp_path / "m.safetensors"


def header(path: Path) -> dict[str, str]:
    with safe_open(path, framework="pt") as file:
        return dict(file.metadata())


def tensors(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def test_the_header_has_five_fields_each_of_plain_text(path: Path) -> None:
    found = header(path)
    assert set(found) == {"brickwork", "network", "classes", "preprocessing", "record"}
    assert json.loads(found["classes"]) == list(CLASSES)
    assert json.loads(found["preprocessing"]) == PREPROCESSING
    assert json.loads(found["record"]) == RECORD
    assert from_json(found["network"]) == network()


def test_all_of_it_comes_back_the_side_head_and_batch_norms_averages_too(path: Path, model: Model) -> None:
    file = load(path)
    assert isinstance(file, ModelFile)
    assert (file.classes, file.preprocessing, file.record) == (CLASSES, PREPROCESSING, RECORD)
    assert file.model.network == network()
    assert file.model.state_dict().keys() == model.state_dict().keys()
    assert {name.partition(".")[0] for name in file.model.state_dict()} == {"stage1", "stage2", "head", "side1"}
    for name, tensor in model.state_dict().items():
        assert torch.equal(file.model.state_dict()[name], tensor), name
        assert file.model.state_dict()[name].dtype == tensor.dtype
    assert file.model.get_buffer("stage1.norm.num_batches_tracked").item() == 3
    assert file.model.get_buffer("stage1.norm.running_mean").abs().max() > 0


def test_a_loaded_model_answers_as_the_one_in_evaluation_and_not_as_the_one_in_training(
    path: Path, model: Model
) -> None:
    file, images = load(path), torch.randn(6, 1, 9, 8)
    assert not any(module.training for module in file.model.modules())
    with torch.no_grad():
        evaluated = model.eval()(images)
        assert torch.equal(file.model(images), evaluated)
        assert not torch.allclose(model.train()(images), evaluated)


@pytest.mark.parametrize("norm", ["torch", "plain", "ghost", "frozen"])
def test_every_kind_of_batch_norm_is_saved_as_the_same_file(tmp_path: Path, norm: Any) -> None:
    torch.manual_seed(0)
    made = build(network(), norm=norm, ghost=2)
    made.train()(torch.randn(4, 1, 9, 8))
    save(tmp_path / "m.safetensors", made, classes=CLASSES, preprocessing={}, record={})
    images = torch.randn(3, 1, 9, 8)
    with torch.no_grad():
        torch.testing.assert_close(load(tmp_path / "m.safetensors").model(images), made.eval()(images))
    counted = load(tmp_path / "m.safetensors").model.get_buffer("stage1.norm.num_batches_tracked").item()
    assert counted == {"torch": 1, "plain": 1, "ghost": 2, "frozen": 0}[norm]


def test_saving_leaves_the_model_in_the_mode_in_which_it_was(tmp_path: Path, model: Model) -> None:
    save(tmp_path / "deep" / "m.safetensors", model, classes=CLASSES, preprocessing={}, record={})
    assert model.training
    assert [entry.name for entry in (tmp_path / "deep").iterdir()] == ["m.safetensors"]


def test_weights_on_which_gradients_lie_are_saved_without_them(tmp_path: Path, model: Model) -> None:
    model(torch.randn(4, 1, 9, 8)).sum().backward()
    save(tmp_path / "m.safetensors", model, classes=CLASSES, preprocessing={}, record={})
    assert all(weight.grad is None for weight in load(tmp_path / "m.safetensors").model.parameters())


# Refusals


def refusal(path: Path, **changes: Any) -> str:
    """What is said of the file when these fields of its header are others."""
    save_file(tensors(path), path, {**header(path), **changes})
    with pytest.raises(BrickworkError) as caught:
        load(path)
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("brickwork", "0", "a safetensors file, but not a model file that brickwork wrote."),
        ("classes", '["a", "b"]', "the model file is damaged: expected the names of 3 classes, found ['a', 'b']."),
        ("classes", "[1, 2, 3]", "the model file is damaged: ModelFile: classes is tuple[str, ...], not (1, 2, 3)."),
        ("classes", '"abc"', "the model file is damaged: expected the names of 3 classes, found 'abc'."),
        (
            "preprocessing",
            "[]",
            "the model file is damaged: ModelFile: preprocessing is a mapping, not [].",
        ),
        ("record", "1", "the model file is damaged: ModelFile: record is a mapping, not 1."),
    ],
)
def test_a_field_that_cannot_be_is_told_with_what_was_expected_and_found(
    path: Path, name: str, text: str, says: str
) -> None:
    assert refusal(path, **{name: text}) == says


@pytest.mark.parametrize("name", ["network", "classes", "preprocessing", "record"])
def test_a_field_that_is_missing_is_named(path: Path, name: str) -> None:
    rest = {key: text for key, text in header(path).items() if key != name}
    save_file(tensors(path), path, rest)
    with pytest.raises(BrickworkError, match=f"the model file is damaged: '{name}'"):
        load(path)


def test_a_long_field_is_cut_at_a_hundred_characters(path: Path) -> None:
    says = refusal(path, classes=json.dumps("x" * 500))
    assert says == f"the model file is damaged: expected the names of 3 classes, found '{'x' * 99}."


def test_a_tensor_of_another_shape_is_told_with_both(path: Path) -> None:
    save_file({**tensors(path), "head.linear.bias": torch.zeros(4)}, path, header(path))
    with pytest.raises(BrickworkError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path}: the model file is damaged: its network has head.linear.bias as (3,), its weights as (4,)."
    )


@pytest.mark.parametrize("name", ["stage1.norm.running_var", "side1.linear.weight"])
def test_a_tensor_without_numbers_is_named(path: Path, name: str) -> None:
    bad = tensors(path)
    bad[name].view(-1)[0] = torch.nan
    save_file(bad, path, header(path))
    with pytest.raises(BrickworkError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: {name} holds numbers that are infinite or not numbers (NaN)."


def test_a_network_that_wants_more_than_the_file_holds_is_told_by_both_numbers(path: Path) -> None:
    held = sum(tensor.numel() for tensor in tensors(path).values())
    wide = header(path)["network"].replace('"input": [1,', '"input": [1000,')
    wanted = 4 * 1000 * 9 + 4 + 8 + 5 * 4 * 9 + 5 + 3 * 5 + 3 + 3 * 4 + 3
    assert refusal(path, network=wide) == (
        f"the model file is damaged: its network has {wanted:,} parameters, and the file holds {held:,} numbers."
    )


def test_a_file_of_a_network_that_has_no_such_name_is_still_its_own(tmp_path: Path) -> None:
    made = build(zoo.network("lenet5_1998"))
    save(tmp_path / "m.safetensors", made, classes=tuple("0123456789"), preprocessing={}, record={})
    file, images = load(tmp_path / "m.safetensors"), torch.randn(2, 1, 32, 32)
    with torch.no_grad():
        assert torch.equal(file.model(images), made.eval()(images))
    assert "head.codes" in tensors(tmp_path / "m.safetensors")
