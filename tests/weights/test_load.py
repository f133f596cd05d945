"""Foreign files go where they belong, and what does not belong is refused in one line."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model, build
from brickwork.weights import load_weights
from stored import LAYOUTS, narrow, stored


def file_of(tensors: dict[str, Tensor], path: Path) -> Path:
    torch.save(tensors, path) if path.suffix == ".pth" else save_file(tensors, path)
    return path


def same(one: Model, other: Model) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def refusal(model: Model, path: Path, **options: bool) -> str:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(BrickworkError) as caught:
        load_weights(model, path, **options)  # type: ignore[arg-type]
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    words = str(caught.value)
    assert "\n" not in words
    assert words.startswith(str(path))
    return words.removeprefix(f"{path}: ")


@pytest.mark.parametrize(("text", "library"), LAYOUTS)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_every_layout_is_recognised_in_both_formats(text: str, library: str, suffix: str, tmp_path: Path) -> None:
    there, here = narrow(text, seed=1), narrow(text, seed=2)
    loaded = load_weights(here, file_of(stored(there, library), tmp_path / f"weights{suffix}"))
    assert loaded.layout in (library, "timm")  # where two libraries use the same names
    assert same(here, there)


def test_training_scripts_wrappers_prefixes_and_missing_counters_do_not_matter(tmp_path: Path) -> None:
    there, here = narrow("resnet18", seed=1), narrow("resnet18", seed=2)
    tensors = {f"module.{n}": t for n, t in stored(there, "torchvision").items() if "num_batches" not in n}
    path = tmp_path / "checkpoint.pth"
    torch.save({"epoch": 90, "state_dict": tensors}, path)
    load_weights(here, path)
    assert same(here, there)


def test_our_own_names_are_a_layout_too(tmp_path: Path) -> None:
    there, here = narrow("resnet20", seed=1), narrow("resnet20", seed=2)
    assert load_weights(here, file_of(dict(there.state_dict()), tmp_path / "own.safetensors")).layout == "brickwork"
    assert same(here, there)


def test_names_that_nobody_knows_are_aligned_by_order_shape_and_suffix(tmp_path: Path) -> None:
    there, here = narrow("resnet20", seed=1), narrow("resnet20", seed=2)
    named = {f"part{i}.{n.rpartition('.')[2]}": t for i, (n, t) in enumerate(there.state_dict().items())}
    assert load_weights(here, file_of(named, tmp_path / "own.pth")).layout == "order"
    assert same(here, there)
    words = refusal(here, file_of(named, tmp_path / "own.safetensors"))
    assert words.startswith("not weights of resnet20[width=0.125]: it holds 'part")


def test_order_says_the_first_place_whose_shape_or_suffix_differs(tmp_path: Path) -> None:
    there, here = narrow("resnet20", seed=1), narrow("resnet20", seed=2)
    named = {f"part{i}.{n.rpartition('.')[2]}": t for i, (n, t) in enumerate(there.state_dict().items())}
    wider = {name: torch.zeros(3, 3) if name == "part6.weight" else t for name, t in named.items()}
    assert refusal(here, file_of(wider, tmp_path / "wider.pth")).startswith("part6.weight is 3x3 in the file, stage1")
    del named["part0.weight"]
    words = refusal(here, file_of(named, tmp_path / "short.pth"))
    assert words == "part1.weight is 2 in the file, stem.conv.weight of resnet20[width=0.125] is 2x3x3x3."
    del named["part1.weight"], named["part2.bias"]
    words = refusal(here, file_of(named, tmp_path / "shorter.pth"))
    assert words == (
        "not weights of resnet20[width=0.125]: tensor 1 is part3.running_mean in the file (2), "
        "stem.conv.weight (2x3x3x3) here."
    )


def test_another_family_is_refused(tmp_path: Path) -> None:
    path = file_of(stored(narrow("vgg11"), "torchvision"), tmp_path / "vgg11.pth")
    words = refusal(narrow("resnet18"), path)
    assert words == "features.0.weight is 8x3x3x3 in the file, stem.conv.weight of resnet18[width=0.125] is 8x3x7x7."


def test_a_deeper_network_of_the_same_family_is_refused_at_the_first_difference(tmp_path: Path) -> None:
    path = file_of(stored(narrow("resnet34"), "torchvision"), tmp_path / "resnet34.pth")
    assert refusal(narrow("resnet18"), path) == "layer1.2.conv1.weight (8x8x3x3) has no place in resnet18[width=0.125]."
    path = file_of(stored(narrow("resnet18"), "torchvision"), tmp_path / "resnet18.pth")
    assert refusal(narrow("resnet34"), path).startswith("no layer1.2.conv1.weight, which resnet34")


def test_a_missing_tensor_an_extra_one_and_one_of_another_shape_are_named_on_both_sides(tmp_path: Path) -> None:
    tensors = stored(narrow("resnet18"), "torchvision")
    without = {name: t for name, t in tensors.items() if name != "layer2.0.downsample.1.bias"}
    assert refusal(narrow("resnet18"), file_of(without, tmp_path / "a.pth")) == (
        "no layer2.0.downsample.1.bias, which resnet18[width=0.125] needs as stage3.0.shortcut.norm.bias (16)."
    )
    extra = tensors | {"fc2.weight": torch.zeros(2, 2)}
    assert refusal(narrow("resnet18"), file_of(extra, tmp_path / "b.pth")) == (
        "fc2.weight (2x2) has no place in resnet18[width=0.125]."
    )
    other = tensors | {"layer1.0.conv1.weight": torch.zeros(8, 8, 1, 1)}
    assert refusal(narrow("resnet18"), file_of(other, tmp_path / "c.pth")) == (
        "layer1.0.conv1.weight is 8x8x1x1 in the file, stage2.0.body.conv1.weight of resnet18[width=0.125] is 8x8x3x3."
    )


@pytest.mark.parametrize(("text", "library"), [("resnet18", "torchvision"), ("preact_resnet18[stem=bare]", "timm")])
def test_another_number_of_classes_is_reset_only_on_request(text: str, library: str, tmp_path: Path) -> None:
    there, here = narrow(text, classes=5), narrow(text, classes=3, seed=2)
    path = file_of(stored(there, library), tmp_path / "five.pth")
    assert refusal(here, path).endswith("reset_classifier=True keeps the model's own classifier.")
    own = here.get_parameter("head.linear.weight").clone()
    loaded = load_weights(here, path, reset_classifier=True)
    assert loaded.kept == ("head.linear.weight", "head.linear.bias")
    assert torch.equal(here.get_parameter("head.linear.weight"), own)
    assert torch.equal(here.get_parameter("stem.conv.weight"), there.get_parameter("stem.conv.weight"))


def test_a_classifier_of_several_layers_is_kept_as_a_whole(tmp_path: Path) -> None:
    there, here = narrow("nin_lecture", classes=5), narrow("nin_lecture", classes=3, seed=2)
    path = file_of(dict(there.state_dict()), tmp_path / "five.safetensors")
    assert refusal(here, path).endswith("reset_classifier=True keeps the model's own classifier.")
    loaded = load_weights(here, path, reset_classifier=True)
    assert {name.rpartition(".")[0] for name in loaded.kept} == {f"head.0.conv{number}" for number in (1, 2, 3)}
    assert torch.equal(here.get_parameter("stage1.0.conv1.weight"), there.get_parameter("stage1.0.conv1.weight"))
    assert repr(loaded) == "Loaded(weights in the layout of brickwork: kept 6 tensors, left out 0)"


def test_reset_keeps_a_classifier_that_fits(tmp_path: Path) -> None:
    there, here = narrow("resnet18", seed=1), narrow("resnet18", seed=2)
    path = file_of(stored(there, "torchvision"), tmp_path / "five.pth")
    assert load_weights(here, path, reset_classifier=True).kept == ()
    assert same(here, there)


def test_side_heads_that_the_model_has_not_are_left_out_and_told(tmp_path: Path) -> None:
    there = narrow("inception_v3")
    path = file_of(stored(there, "torchvision"), tmp_path / "with.pth")
    here = narrow("inception_v3[side_heads=false]", seed=2)
    loaded = load_weights(here, path)
    assert {name.partition(".")[0] for name in loaded.left_out} == {"AuxLogits"}
    assert torch.equal(here.get_parameter("head.linear.weight"), there.get_parameter("head.linear.weight"))


def test_a_file_without_side_heads_says_which_network_it_fits(tmp_path: Path) -> None:
    path = file_of(stored(narrow("inception_v3[side_heads=false]"), "torchvision"), tmp_path / "without.pth")
    assert refusal(narrow("inception_v3"), path).endswith("fits a network with side_heads=false.")


@pytest.mark.parametrize(("text", "first"), [("inception_bn_608", "conv1_7x7_s2"), ("resnet18", "conv1")])
def test_biases_before_a_norm_are_folded_into_its_mean(text: str, first: str, tmp_path: Path) -> None:
    """Cadene's bninception and fbresnet152 have them."""
    there, here = narrow(text, seed=1), narrow(text, seed=2)
    tensors = stored(there, "cadene")
    bias = torch.linspace(-1, 1, tensors[f"{first}.weight"].shape[0])
    load_weights(here, file_of(tensors | {f"{first}.bias": bias}, tmp_path / "biased.pth"))
    images = torch.randn(2, 3, 64, 64)
    stem, norm = [m for m in here.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.BatchNorm2d)][:2]
    conv, after = [m for m in there.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.BatchNorm2d)][:2]
    torch.testing.assert_close(norm(stem(images)), after(conv(images) + bias[:, None, None]), rtol=1e-4, atol=1e-5)


def test_weights_of_grey_images_do_not_fit_colour_ones(tmp_path: Path) -> None:
    path = file_of(stored(narrow("resnet18"), "torchvision"), tmp_path / "colour.pth")
    grey = build(zoo.network("resnet18[width=0.125]", input=(1, 64, 64), classes=5))
    assert refusal(grey, path).startswith("conv1.weight is 8x3x7x7 in the file, stem.conv.weight of")
