"""Everything that a file of weights can be wrong in, and the whole sentence that says so."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from brickwork import build, zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.weights import fingerprint, load_weights, save_weights
from stored import narrow, stored


def refusal(model: Model, path: Path, **options: object) -> str:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(BrickworkError) as caught:
        load_weights(model, path, **options)  # type: ignore[arg-type]
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    return str(caught.value).removeprefix(f"{path}: ")


def resnet() -> tuple[Model, dict[str, Tensor]]:
    return narrow("resnet18", seed=2), stored(narrow("resnet18", seed=1), "torchvision")


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([1, 2], "expected tensors by name, found list."),
        ({"conv1.weight": 3}, "expected tensors by name, but 'conv1.weight' is int."),
        ({"state_dict": {"a": "b"}}, "expected tensors by name, but 'a' is str."),
        ({7: torch.ones(1)}, "expected tensors by name, each with all of its numbers, but not so 7."),
        (
            {"a": torch.ones(2, 2).to_sparse()},
            "expected tensors by name, each with all of its numbers, but not so 'a'.",
        ),
        (
            {"a": torch.ones(2, dtype=torch.complex64)},
            "expected tensors by name, of real numbers, but 'a' holds complex ones.",
        ),
    ],
)
def test_what_is_no_state_dict_is_told_by_what_it_is(found: object, says: str, tmp_path: Path) -> None:
    torch.save(found, tmp_path / "weights.pth")
    assert refusal(narrow("resnet18"), tmp_path / "weights.pth") == says


def test_a_file_of_another_kind_and_a_missing_one_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "weights.onnx").write_bytes(b"")
    model = narrow("resnet18")
    assert refusal(model, tmp_path / "weights.onnx") == "weights are read from .safetensors and .pth, .pt files."
    assert refusal(model, tmp_path / "none.pth") == "no such file of weights."


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".bin", ".safetensors"])
def test_damaged_files_are_told_as_such(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(b"PK\x03\x04 and no more")
    kind = "safetensors file (" if suffix == ".safetensors" else "file ("
    assert refusal(narrow("resnet18"), path).startswith(f"a truncated or damaged {kind}")


def test_a_page_under_a_weights_name_is_not_accused_of_code(tmp_path: Path) -> None:
    (tmp_path / "weights.pth").write_bytes(b"<!doctype html><title>404</title>")
    says = refusal(narrow("resnet18"), tmp_path / "weights.pth")
    assert "could run code" not in says
    assert says == "no file of weights: it begins with '<!doctype html><title>40'. Was a page stored in its place?"


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_tensor_with_numbers_that_are_none_is_named(bad: float, tmp_path: Path) -> None:
    model, tensors = resnet()
    tensors["layer2.0.bn1.running_mean"][3] = bad
    torch.save(tensors, tmp_path / "weights.pth")
    assert refusal(model, tmp_path / "weights.pth") == (
        "layer2.0.bn1.running_mean holds numbers that are infinite or not numbers (NaN)."
    )


def test_a_classifier_of_another_input_is_not_helped_by_a_reset(tmp_path: Path) -> None:
    model, tensors = resnet()
    torch.save(tensors | {"fc.weight": torch.zeros(9, 7)}, tmp_path / "weights.pth")
    says = "fc.weight is 9x7 in the file, head.linear.weight of resnet18[width=0.125] is 5x64."
    assert refusal(model, tmp_path / "weights.pth") == says
    assert refusal(model, tmp_path / "weights.pth", reset_classifier=True) == says


def test_another_number_of_classes_says_what_to_do_and_the_body_is_not_excused(tmp_path: Path) -> None:
    model, tensors = resnet()
    torch.save(tensors | {"fc.weight": torch.zeros(9, 64), "fc.bias": torch.zeros(9)}, tmp_path / "weights.pth")
    assert refusal(model, tmp_path / "weights.pth") == (
        "fc.weight is 9x64 in the file, head.linear.weight of resnet18[width=0.125] is 5x64. "
        "Another number of classes: reset_classifier=True keeps the model's own classifier."
    )
    assert load_weights(model, tmp_path / "weights.pth", reset_classifier=True).kept == (
        "head.linear.weight",
        "head.linear.bias",
    )
    tensors["conv1.weight"] = torch.zeros(9, 3, 7, 7)
    torch.save(tensors, tmp_path / "weights.pth")
    assert "conv1.weight is 9x3x7x7" in refusal(model, tmp_path / "weights.pth", reset_classifier=True)


def test_an_empty_file_and_one_of_nobodys_names_say_what_they_hold(tmp_path: Path) -> None:
    model = narrow("resnet18")
    torch.save({}, tmp_path / "weights.pth")
    assert refusal(model, tmp_path / "weights.pth").startswith(
        "not weights of resnet18[width=0.125]: tensor 1 is nothing in the file, stem.conv.weight (8x3x7x7) here."
    )


def test_side_heads_that_a_file_lacks_are_told_with_the_network_that_it_fits(tmp_path: Path) -> None:
    torch.save(stored(narrow("googlenet_tv[side_heads=false]"), "torchvision"), tmp_path / "weights.pth")
    assert refusal(narrow("googlenet_tv"), tmp_path / "weights.pth") == (
        "no aux1.conv.conv.weight, which googlenet_tv[width=0.125] needs as side1.conv.weight (16x64x1x1); "
        "a file without side heads fits a network with side_heads=false."
    )


def test_the_fingerprint_is_the_sum_over_names_shapes_and_contents(tmp_path: Path) -> None:
    model = narrow("resnet18", seed=1)
    whole = sha256()
    for name, tensor in model.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            content = sha256(np.ascontiguousarray(tensor.numpy(), np.float32).tobytes()).hexdigest()
            whole.update(f"{name} {tuple(tensor.shape)} {content}\n".encode())
    assert fingerprint(model) == whole.hexdigest()
    torch.save(stored(model, "torchvision"), tmp_path / "weights.pth")
    load_weights(narrow("resnet18", seed=2), tmp_path / "weights.pth", fingerprint=whole.hexdigest())
    assert refusal(narrow("resnet18", seed=2), tmp_path / "weights.pth", fingerprint="f" * 64) == (
        f"names and shapes fit, but the fingerprint is {whole.hexdigest()[:16]}..., not {'f' * 16}...: "
        "other weights, or tensors that have changed places."
    )


def test_tensors_that_have_changed_places_are_seen_by_the_fingerprint_alone(tmp_path: Path) -> None:
    model, tensors = resnet()
    known = fingerprint(narrow("resnet18", seed=1))
    one, other = "layer1.0.conv1.weight", "layer1.0.conv2.weight"
    torch.save(tensors | {one: tensors[other], other: tensors[one]}, tmp_path / "weights.pth")
    assert "tensors that have changed places" in refusal(model, tmp_path / "weights.pth", fingerprint=known)
    assert load_weights(model, tmp_path / "weights.pth").layout == "torchvision"


def test_half_precision_is_read_as_the_single_that_it_is(tmp_path: Path) -> None:
    model, tensors = resnet()
    half = {name: t.half() if t.is_floating_point() else t for name, t in tensors.items()}
    torch.save(half, tmp_path / "weights.pth")
    load_weights(model, tmp_path / "weights.pth")
    weight = model.get_parameter("stem.conv.weight")
    assert weight.dtype == torch.float32
    assert torch.equal(weight, half["conv1.weight"].float())


# timm's pre-activation stems: they pool before the norm


def preactivation(text: str, scale: float, folder: Path) -> Path:
    """The weights of such a network under timm's names, with this scale in a channel of the stem's norm."""
    model = narrow(text, seed=1)
    with torch.no_grad():
        model.get_parameter("stem.norm.weight")[:] = torch.linspace(0.1, 1, 8)
        model.get_parameter("stem.norm.weight")[2] = scale
    torch.save(stored(model, "timm"), folder / "weights.pth")
    return folder / "weights.pth"


def test_a_stem_that_pools_first_is_the_same_while_no_scale_is_below_0(tmp_path: Path) -> None:
    model = narrow("preact_resnet50", seed=2)
    assert load_weights(model, preactivation("preact_resnet50", 0.0, tmp_path)).layout == "timm"
    assert model.get_parameter("stem.norm.weight")[2] == 0


def test_a_scale_below_0_is_refused_with_the_channel_and_the_network_that_fits(tmp_path: Path) -> None:
    path = preactivation("preact_resnet50", -0.25, tmp_path)
    assert refusal(narrow("preact_resnet50", seed=2), path) == (
        "preact_resnet50[width=0.125]: timm pools before the stem's norm, which is the same only while no scale is "
        "below 0, but channel 2 has -0.25: its weights are for preact_resnetN[stem=bare]."
    )


def test_a_first_shortcut_around_the_norm_is_refused(tmp_path: Path) -> None:
    path = preactivation("preact_resnet18", 0.5, tmp_path)
    assert refusal(narrow("preact_resnet18", seed=2), path) == (
        "preact_resnet18[width=0.125]: timm's first shortcut goes around the stem's norm: its weights are for "
        "preact_resnetN[stem=bare]."
    )


# Writing


def test_a_library_that_nobody_knows_answers_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError, match=r"^unknown library 'torchvison': did you mean 'torchvision'"):
        save_weights(narrow("resnet18"), "torchvison", tmp_path / "weights.pth")


def test_a_network_that_a_library_has_not_names_those_that_have_it(tmp_path: Path) -> None:
    model = build(zoo.network("resnet50d"))
    with pytest.raises(BrickworkError) as caught:
        save_weights(model, "torchvision", tmp_path / "weights.pth")
    assert str(caught.value) == "torchvision has no network like resnet50d; timm has one. See docs/weights.md."
    with pytest.raises(BrickworkError) as caught:
        save_weights(build(zoo.network("resnet20")), "timm", tmp_path / "weights.pth")
    assert str(caught.value) == "timm has no network like resnet20; no library has one. See docs/weights.md."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_what_is_written_is_what_torchvision_reads(suffix: str, tmp_path: Path) -> None:
    import torchvision

    model, path = build(zoo.network("resnet18", classes=7)).eval(), tmp_path / f"weights{suffix}"
    assert save_weights(model, "torchvision", path) == "resnet18"
    theirs = torchvision.models.resnet18(num_classes=7).eval()
    theirs.load_state_dict(load_file(path) if suffix == ".safetensors" else torch.load(path))
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(theirs(images), model(images))


def test_weights_are_written_in_no_other_kind_of_file(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError) as caught:
        save_weights(build(zoo.network("resnet18")), "torchvision", tmp_path / "weights.npz")
    assert str(caught.value) == f"{tmp_path / 'weights.npz'}: weights are written to .safetensors and .pth, .pt files."
