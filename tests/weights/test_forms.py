"""Forms in which people publish checkpoints: each is read, or refused with the one sentence that helps."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from brickwork import build, zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.network import Named, Network, chain, on_change, residual, stages
from brickwork.network.layers import BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, ReLU
from brickwork.weights import load_weights
from stored import narrow, stored

Tensors = dict[str, Tensor]


def same(one: Model, other: Model) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def prefixed(tensors: Tensors, prefix: str) -> Tensors:
    return {prefix + name: tensor for name, tensor in tensors.items()}


FORMS: dict[str, tuple[str, Callable[[Tensors], object], str]] = {
    #                   the file    what it holds                                              what is taken
    "a script's":      ("a.tar",   lambda t: {"epoch": 9, "state_dict": prefixed(t, "module.")}, "state_dict"),
    "the tutorial's":  ("a.pt",    lambda t: {"model_state_dict": t, "optimizer": {"lr": 0.1}}, "model_state_dict"),
    "torchvision's":   ("a.pth",   lambda t: {"model": t, "model_ema": prefixed(t, "module.")}, "model"),
    "a net's":         ("a.t7.pth", lambda t: {"net": prefixed(t, "module."), "acc": 93.1},     "net"),
    "an average's":    ("a.bin",   lambda t: {"ema": {"decay": 0.999, "shadow": t}},            "ema.shadow"),
    "a shadow's":      ("a.pth",   lambda t: {"shadow": t},                                     "shadow"),
    "Lightning's":     ("a.ckpt",  lambda t: {"state_dict": prefixed(t, "model."), "global_step": 3}, "state_dict"),
    "the old one's":   ("a.th",    lambda t: {"state_dict": t, "best_prec1": 91.7},             "state_dict"),
    "compiled":        ("a.pth",   lambda t: prefixed(t, "_orig_mod."),                         ""),
    "compiled twice":  ("a.pth",   lambda t: prefixed(t, "module._orig_mod.net."),              ""),
    "a backbone's":    ("a.pth",   lambda t: prefixed(t, "backbone."),                          ""),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_what_training_scripts_put_around_weights_is_opened_and_said(form: str, tmp_path: Path) -> None:
    name, wrap, taken = FORMS[form]
    there, here = narrow("resnet18", seed=1), narrow("resnet18", seed=2)
    torch.save(wrap(stored(there, "torchvision")), tmp_path / name)
    loaded = load_weights(here, tmp_path / name)
    assert (loaded.layout, loaded.wrapper) == ("torchvision", taken)
    assert (f"took {taken!r}" in repr(loaded)) == bool(taken)
    assert same(here, there)


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "net.", "backbone.", "model.module."])
def test_prefixes_do_not_matter_in_safetensors_either(prefix: str, tmp_path: Path) -> None:
    there, here = narrow("resnet18", seed=1), narrow("resnet18", seed=2)
    save_file(prefixed(stored(there, "timm"), prefix), tmp_path / "a.safetensors")
    load_weights(here, tmp_path / "a.safetensors")
    assert same(here, there)


def test_an_averaged_models_state_dict_is_read(tmp_path: Path) -> None:
    there, here = narrow("resnet20", seed=1), narrow("resnet20", seed=2)
    torch.save(AveragedModel(there).state_dict(), tmp_path / "swa.pth")
    assert load_weights(here, tmp_path / "swa.pth").layout == "brickwork"
    assert same(here, there)


def test_a_backbone_beside_a_classifier_without_the_prefix_is_read(tmp_path: Path) -> None:
    there, here = narrow("resnet18", seed=1), narrow("resnet18", seed=2)
    tensors = stored(there, "torchvision")
    mixed = {n if n.startswith("fc.") else f"backbone.{n}": t for n, t in tensors.items()}
    torch.save(mixed, tmp_path / "a.pth")
    load_weights(here, tmp_path / "a.pth")
    assert same(here, there)


def test_a_stage_that_is_called_like_a_prefix_keeps_its_name(tmp_path: Path) -> None:
    body = chain(Conv(4, 3), BatchNorm(), ReLU(), Conv(4, 3), BatchNorm())
    network = Network("mine", (3, 8, 8), 2, stages(backbone=body), chain(GlobalAvgPool(), Flatten(), Linear(2)))
    there, here = build(network), build(network)
    save_file(there.state_dict(), tmp_path / "a.safetensors")
    load_weights(here, tmp_path / "a.safetensors")
    assert same(here, there)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("text", ["resnet18", "vgg11[batchnorm=true]", "inception_v3", "seresnet50", "lenet5_1998"])
def test_a_network_of_ones_own_name_reads_its_own_state_dict(text: str, suffix: str, tmp_path: Path) -> None:
    there, here = (Model(replace(zoo.network(text), name="resnet_of_mine")) for _ in range(2))
    path = tmp_path / f"a{suffix}"
    torch.save(there.state_dict(), path) if suffix == ".pth" else save_file(there.state_dict(), path)
    assert load_weights(here, path).layout == "brickwork"
    assert same(here, there)


@pytest.mark.parametrize(("text", "library"), [("resnet50c", "timm"), ("vgg11", "timm"), ("resnet18", "cadene")])
def test_a_layout_follows_from_the_structure_and_not_from_the_name(text: str, library: str, tmp_path: Path) -> None:
    there, plain = narrow(text, seed=1), narrow(text, seed=2)
    here = Model(replace(plain.network, name="mine"))
    torch.save(stored(there, library), tmp_path / "a.pth")
    assert load_weights(here, tmp_path / "a.pth").layout == library
    assert same(here, there)


# Networks for small images, as people publish them


class Around(nn.Module):
    """A basic block whose shortcut has a name of choice, and stands before the body if asked for."""

    def __init__(self, reads: int, width: int, stride: int, name: str, first: bool, norm: bool) -> None:
        super().__init__()
        parts: dict[str, nn.Module] = {
            "conv1": nn.Conv2d(reads, width, 3, stride, 1, bias=False),
            "bn1": nn.BatchNorm2d(width),
            "conv2": nn.Conv2d(width, width, 3, 1, 1, bias=False),
            "bn2": nn.BatchNorm2d(width),
        }
        around = {name: nn.Sequential(nn.Conv2d(reads, width, 1, stride, bias=False), nn.BatchNorm2d(width))}
        around = around if norm and (stride > 1 or reads != width) else {}
        for key, part in (around | parts if first else parts | around).items():
            self.add_module(key, part)
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(out + (getattr(self, self.name)(x) if hasattr(self, self.name) else self.pad(x, out)))

    @staticmethod
    def pad(x: Tensor, like: Tensor) -> Tensor:
        x = x[:, :, :: x.shape[2] // like.shape[2], :: x.shape[3] // like.shape[3]]
        return nn.functional.pad(x, (0, 0, 0, 0, 0, like.shape[1] - x.shape[1]))


def cifar(around: str, head: str, layer: str = "layer", first: bool = False, norm: bool = True) -> nn.Module:
    """A ResNet-20 that somebody else wrote: forward is the plain sequence."""
    torch.manual_seed(5)
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(3, 16, 3, 1, 1, bias=False))
    net.add_module("bn1", nn.BatchNorm2d(16))
    net.add_module("relu", nn.ReLU())
    reads = 16
    for number, width in enumerate((16, 32, 64), 1):
        blocks = nn.Sequential()
        for place in range(3):
            stride = 2 if number > 1 and not place else 1
            blocks.append(Around(reads, width, stride, around, first, norm))
            reads = width
        net.add_module(f"{layer}{number}", blocks)
    net.add_module("pool", nn.AdaptiveAvgPool2d(1))
    net.add_module("flat", nn.Flatten())
    net.add_module(head, nn.Linear(64, 10))
    for name, tensor in net.state_dict().items():
        if name.endswith(("running_mean", "running_var")):
            tensor.uniform_(0.5, 1.5)
    return net.eval()


@pytest.mark.parametrize(
    ("text", "net", "layout"),
    [
        ("resnet20[shortcut=B]", cifar("downsample", "fc"), "torchvision"),
        ("resnet20[shortcut=B]", cifar("downsample", "linear"), "cifar"),
        ("resnet20[shortcut=B]", cifar("shortcut", "linear"), "cifar"),
        ("resnet20[shortcut=B]", cifar("shortcut", "fc"), "cifar"),
        ("resnet20", cifar("shortcut", "linear", norm=False), "cifar"),
        ("resnet20", cifar("shortcut", "fc", norm=False), "torchvision"),
        ("resnet20[shortcut=B]", cifar("around", "dense", "group"), "order"),
        ("resnet20[shortcut=B]", cifar("around", "dense", "group", first=True), "order"),
    ],
)
@torch.no_grad()
def test_resnets_for_small_images_load_and_give_the_same_logits(
    text: str, net: nn.Module, layout: str, tmp_path: Path
) -> None:
    torch.save({"state_dict": prefixed(net.state_dict(), "module.")}, tmp_path / "a.th")
    model = build(zoo.network(text)).eval()
    assert load_weights(model, tmp_path / "a.th").layout == layout
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(model(images), net(images), rtol=0, atol=0)


def test_order_is_tried_where_known_names_do_not_fit(tmp_path: Path) -> None:
    """A file that has torchvision's names for a network of other shortcuts, but ours in its order and shapes."""
    there, here = narrow("resnet20", seed=1), narrow("resnet20", seed=2)
    tensors = stored(there, "torchvision")
    tensors = {name.replace("layer2.0.conv1", "layer2.0.convolution"): t for name, t in tensors.items()}
    torch.save(tensors, tmp_path / "a.pth")
    assert load_weights(here, tmp_path / "a.pth").layout == "order"
    assert same(here, there)


def test_a_shortcut_of_ones_own_is_found_by_order_wherever_it_stands(tmp_path: Path) -> None:
    unit = residual(chain(Conv(6, 3, padding=1), BatchNorm(), ReLU(), Conv(6, 3, padding=1)), on_change(Conv(6, 1)))
    network = Network("own", (3, 8, 8), 2, (Named("all", unit),), chain(GlobalAvgPool(), Flatten(), Linear(2)))
    there, here = build(network), build(network)
    tensors = {name: t for name, t in there.state_dict().items() if "num_batches" not in name}
    names = sorted(tensors, key=lambda name: ("head" in name, "shortcut" not in name))
    torch.save({f"m{n.replace('.', '_')}.{n.rpartition('.')[2]}": tensors[n] for n in names}, tmp_path / "a.pth")
    assert load_weights(here, tmp_path / "a.pth").layout == "order"
    assert same(here, there)


# What is missing, and where the first difference is


def test_a_checkpoint_without_its_classifier_is_read_with_a_reset(tmp_path: Path) -> None:
    there, here = narrow("resnet18", seed=1), narrow("resnet18", seed=2)
    tensors = {name: t for name, t in stored(there, "torchvision").items() if not name.startswith("fc.")}
    torch.save(tensors, tmp_path / "a.pth")
    with pytest.raises(BrickworkError) as caught:
        load_weights(here, tmp_path / "a.pth")
    assert str(caught.value) == (
        f"{tmp_path / 'a.pth'}: no fc.weight, which resnet18[width=0.125] needs as head.linear.weight (5x64); a file "
        "without its classifier is read with reset_classifier=True."
    )
    before = here.get_parameter("head.linear.weight").clone()
    assert load_weights(here, tmp_path / "a.pth", reset_classifier=True).kept == (
        "head.linear.weight",
        "head.linear.bias",
    )
    assert torch.equal(here.get_parameter("head.linear.weight"), before)
    assert torch.equal(here.get_parameter("stem.conv.weight"), there.get_parameter("stem.conv.weight"))
    anonymous = {f"p{place}.{name.rpartition('.')[2]}": t for place, (name, t) in enumerate(tensors.items())}
    torch.save(anonymous, tmp_path / "b.pth")
    assert load_weights(here, tmp_path / "b.pth", reset_classifier=True).layout == "order"


def test_the_first_difference_is_the_first_in_the_files_order(tmp_path: Path) -> None:
    tensors = stored(narrow("resnet18"), "torchvision")
    early = {name: t for name, t in tensors.items() if name != "layer3.0.conv1.weight"}
    early["layer1.1.conv2.weight"] = torch.zeros(8, 8, 5, 5)
    torch.save(early | {"late.weight": torch.zeros(1)}, tmp_path / "a.pth")
    with pytest.raises(BrickworkError, match=r"layer1\.1\.conv2\.weight is 8x8x5x5 in the file"):
        load_weights(narrow("resnet18"), tmp_path / "a.pth")
    del early["layer1.1.conv2.weight"]
    extra = {"early.weight": torch.zeros(1)} | early
    torch.save(extra, tmp_path / "b.pth")
    with pytest.raises(BrickworkError, match=r"early\.weight \(1\) has no place in resnet18"):
        load_weights(narrow("resnet18"), tmp_path / "b.pth")
    torch.save(early | {"late.weight": torch.zeros(1)}, tmp_path / "c.pth")
    with pytest.raises(BrickworkError, match=r"no layer1\.1\.conv2\.weight, which resnet18"):
        load_weights(narrow("resnet18"), tmp_path / "c.pth")


# Other channels


@pytest.mark.parametrize("channels", [1, 2, 4, 6])
def test_the_first_convolution_is_fitted_to_other_channels_as_timm_does_it(channels: int, tmp_path: Path) -> None:
    from timm.models._manipulate import adapt_input_conv

    there = narrow("resnet18", seed=1)
    torch.save(stored(there, "torchvision"), tmp_path / "a.pth")
    network = zoo.network("resnet18[width=0.125]", input=(channels, 64, 64), classes=5)
    model = build(network)
    with pytest.raises(BrickworkError, match=r"adapt_input=True fits the first convolution to it\.$"):
        load_weights(model, tmp_path / "a.pth")
    loaded = load_weights(model, tmp_path / "a.pth", adapt_input=True)
    how = "summed" if channels == 1 else "repeated"
    assert loaded.adapted == f"stem.conv.weight: 3 channels to {channels}, {how}"
    assert loaded.adapted in repr(loaded)
    expected = adapt_input_conv(channels, there.get_parameter("stem.conv.weight").detach())
    assert torch.equal(model.get_parameter("stem.conv.weight"), expected)


@torch.no_grad()
def test_a_grey_image_gives_what_it_gave_as_three_equal_channels(tmp_path: Path) -> None:
    there = narrow("resnet18", seed=1).eval()
    torch.save(there.state_dict(), tmp_path / "a.pth")
    grey = build(zoo.network("resnet18[width=0.125]", input=(1, 64, 64), classes=5)).eval()
    load_weights(grey, tmp_path / "a.pth", adapt_input=True)
    images = torch.randn(2, 1, 64, 64)
    torch.testing.assert_close(grey(images), there(images.expand(2, 3, 64, 64)), rtol=1e-4, atol=1e-4)
