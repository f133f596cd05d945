import json
import random
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from brickwork import zoo
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.model import Model, build, load, save
from brickwork.network import Network, chain, stages
from brickwork.network.layers import Flatten, Linear
from network.test_layers import Swish

CLASSES = ("ankle boot", "bag", "coat")
PREPROCESSING = {"channels": 1, "mean": [0.25]}
RECORD = {"epochs": 3}


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    return build(zoo.network("resnet20[width=0.25]", input=(1, 28, 28), classes=3))


@pytest.fixture
def path(tmp_path: Path, model: Model) -> Path:
    path = tmp_path / "runs" / "one" / "model.safetensors"
    save(path, model, classes=CLASSES, preprocessing=PREPROCESSING, record=RECORD)
    return path


def test_everything_comes_back_and_nothing_else_is_written(path: Path, model: Model) -> None:
    file = load(path)
    assert (file.classes, file.preprocessing, file.record) == (CLASSES, PREPROCESSING, RECORD)
    assert file.model.network == model.network
    assert not file.model.training
    images = torch.randn(2, 1, 28, 28)
    with torch.no_grad():
        assert torch.equal(file.model(images), model.eval()(images))
    assert [entry.name for entry in path.parent.iterdir()] == ["model.safetensors"]


def test_the_file_is_one_that_safetensors_reads(path: Path, model: Model) -> None:
    assert load_file(path).keys() == model.state_dict().keys()


def test_a_failed_save_leaves_the_old_file(path: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BrickworkError, match=r"model\.safetensors cannot be written: No space left on device"):
        save(path, model, classes=CLASSES, preprocessing={}, record={})
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["model.safetensors"]


def test_class_names_are_as_many_as_the_networks_classes(tmp_path: Path, model: Model) -> None:
    with pytest.raises(BrickworkError, match=r"expected the names of 3 classes, found \["):
        save(tmp_path / "m.safetensors", model, classes=CLASSES[:2], preprocessing={}, record={})


def refusal(path: Path) -> str:
    with pytest.raises(BrickworkError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_missing_file_says_where_one_comes_from(tmp_path: Path) -> None:
    assert "no such model file. 'brickwork train' writes one" in refusal(tmp_path / "none.safetensors")
    assert "no such model file" in refusal(tmp_path)


@pytest.mark.parametrize("keep", [0, 7, 100, -1000, -1])
def test_a_file_that_was_cut_is_refused(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    assert "not a model file, or a damaged one" in refusal(path)


def test_other_files_are_refused(path: Path, model: Model) -> None:
    save_file(model.state_dict(), path)
    assert "but not a model file that brickwork wrote" in refusal(path)
    torch.save(model.state_dict(), path)
    assert "not a model file, or a damaged one" in refusal(path)


def test_weights_that_are_not_the_networks_are_named(path: Path, model: Model) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    weights = {key: tensor.contiguous() for key, tensor in model.state_dict().items()}
    save_file({**weights, "extra": torch.ones(1)}, path, metadata)
    assert "its network has extra as nothing, its weights as (1,)" in refusal(path)
    del weights["head.linear.bias"]
    save_file(weights, path, metadata)
    assert "its network has head.linear.bias as (3,), its weights as nothing" in refusal(path)
    save_file(weights, path, {**metadata, "network": "{}"})
    assert "the model file is damaged: the text is no network" in refusal(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes", '"abc"'), ("classes", "null"), ("classes", '["a", "b"]'), ("classes", "[1, 2, 3]"),
        ("preprocessing", "[]"), ("record", "1"), ("record", "[" * 100_000), ("network", '{"format": 1}'),
    ],
)  # fmt: skip
def test_metadata_of_another_kind_is_refused(path: Path, model: Model, name: str, text: str) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file(model.state_dict(), path, {**metadata, name: text})
    assert "the model file is damaged" in refusal(path)


def test_metadata_of_another_kind_is_named(path: Path, model: Model) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file(model.state_dict(), path, {**metadata, "record": "1"})
    assert "the model file is damaged: ModelFile: record is a mapping, not 1." in refusal(path)
    save_file(model.state_dict(), path, {**metadata, "classes": '["a", "b"]'})
    assert "the model file is damaged: expected the names of 3 classes, found ['a', 'b']." in refusal(path)


def test_a_network_larger_than_the_weights_is_refused_before_it_takes_memory(path: Path, model: Model) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    network = metadata["network"].replace('"input": [1,', '"input": [4000000000,')
    save_file(model.state_dict(), path, {**metadata, "network": network})
    assert "parameters, and the file holds" in refusal(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_numbers_are_refused(path: Path, value: float) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    weights = load_file(path)
    weights["head.linear.weight"][0, 0] = value
    save_file(weights, path, metadata)  # `save` would refuse
    assert "infinite or not numbers" in refusal(path)


def test_mutated_files_are_refused_or_load_with_finite_weights(path: Path) -> None:
    whole = path.read_bytes()
    header = int.from_bytes(whole[:8], "little")
    chance = random.Random(0)
    for _ in range(100):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 5])):
            content[chance.randrange(chance.choice([8, header, len(whole)]))] = chance.randrange(256)
        path.write_bytes(content)
        try:
            file = load(path)
        except BrickworkError:
            continue
        assert all(tensor.isfinite().all() for tensor in file.model.state_dict().values())


def test_a_network_with_a_layer_of_ones_own_needs_its_class(tmp_path: Path) -> None:
    network = Network("own", (1, 4, 4), 2, stages(stage1=Swish()), chain(Flatten(), Linear(2)))
    path = tmp_path / "own.safetensors"
    save(path, build(network), classes=("a", "b"), preprocessing={}, record={})
    assert load(path, own=[Swish]).model.network == network
    assert "a layer 'Swish' that is not known here" in refusal(path)


def test_a_path_may_be_text_and_what_is_not_given_has_a_default(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save("m.safetensors", model)
    file = load("m.safetensors")
    assert (file.classes, file.record) == (("0", "1", "2"), {})
    preprocessing = Preprocessing.read(file.preprocessing)
    assert preprocessing == Preprocessing(1, 28, 28, (0.0,), (1.0,), "crop", "bilinear")
    assert preprocessing.normalize(torch.full((1, 1, 28, 28), 255, dtype=torch.uint8)).unique().tolist() == [1.0]


def test_a_model_file_prints_in_a_line(tmp_path: Path) -> None:
    model = build(zoo.network("lenet5", classes=300))
    save(tmp_path / "m.safetensors", model, classes=[f"{number} {'long ' * 50}" for number in range(300)])
    text = repr(load(tmp_path / "m.safetensors"))
    assert text.startswith("ModelFile(lenet5 on 1x28x28, 300 classes: ('0 long long")
    assert len(text) < 400


def test_a_file_of_the_first_format_is_read(tmp_path: Path) -> None:
    weights = {"stage1.0.conv.weight": torch.ones(2, 1, 3, 3), "stage1.0.conv.bias": torch.zeros(2)}
    weights |= {"head.linear.weight": torch.ones(2, 2), "head.linear.bias": torch.zeros(2)}
    convs = [{"layer": "Conv", "out": 2, "kernel": 3}, {"layer": "ReLU"}]
    head = [{"layer": "GlobalAvgPool"}, {"layer": "Flatten"}, {"layer": "Linear", "out": 2}]
    block = {"block": "b", "arguments": "4, width=0.5, width=1.0", "body": convs}
    network = {
        "format": 1, "name": "old", "input": [1, 4, 4], "classes": 2, "head": head, "side_heads": [],
        "stages": [{"named": "stage1", "body": [block]}],
        "facts": {"paper": "", "year": 0, "note": "", "init": "he"},
    }  # fmt: skip
    words = {"network": network, "classes": ["a", "b"], "preprocessing": {}, "record": {}}
    metadata = {"brickwork": "1", **{name: json.dumps(value) for name, value in words.items()}}
    save_file(weights, tmp_path / "old.safetensors", metadata)
    assert load(tmp_path / "old.safetensors").model(torch.ones(1, 1, 4, 4)).tolist() == [[18, 18]]
