"""The familiar calls; where they need a network, they say what to bring without one."""

import sys
from pathlib import Path
from urllib.error import URLError

import pytest
import torch

import brickwork
from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model, build
from brickwork.model.features import drop_classifier
from brickwork.network import classifiers
from brickwork.weights import (
    Features,
    Loaded,
    create_model,
    fetch,
    find_tag,
    fingerprint,
    list_models,
    load_initial,
    load_weights,
    save_weights,
)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No address can be reached; torch.hub's folder is an empty one."""

    def refuse(*words: object, **named: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path / "hub" / "checkpoints"


def test_a_model_has_the_classes_and_channels_that_were_asked_for() -> None:
    model = create_model("resnet20", num_classes=7, in_chans=1)
    assert isinstance(model, Model)
    assert (model.network.name, model.network.input, model.network.classes) == ("resnet20", (1, 32, 32), 7)
    assert model(torch.zeros(2, 1, 32, 32)).shape == (2, 7)


def test_features_only_is_every_stages_output_from_the_first_to_the_last() -> None:
    model = create_model("resnet20[width=0.5]", features_only=True)
    assert isinstance(model, Features)
    assert model.names == ["stem", "stage1", "stage2", "stage3"]
    assert repr(model) == "Features(resnet20[width=0.5] on 3x32x32, 10 classes: 4 stages)"
    assert "(model): Model(" in str(model)
    outputs = model(torch.zeros(2, 3, 32, 32))
    assert [tuple(output.shape[1:]) for output in outputs] == [(8, 32, 32), (8, 32, 32), (16, 16, 16), (32, 8, 8)]


def test_the_list_takes_a_pattern() -> None:
    assert list_models("wide_res*") == ["wide_resnet50_2", "wide_resnet101_2"]
    assert list_models() == zoo.names()
    assert "resnet50.tv_in1k" in list_models("resnet50.*", pretrained=True)
    assert brickwork.list_models is list_models
    assert brickwork.create_model is create_model


def test_without_a_network_the_error_says_which_file_to_bring_and_how(no_network: Path) -> None:
    with pytest.raises(BrickworkError) as caught:
        create_model("resnet18", pretrained=True)
    assert str(caught.value) == (
        "resnet18.tv_in1k could not be fetched (<urlopen error Name or service not known>): bring "
        "https://download.pytorch.org/models/resnet18-f37072fd.pth and pass it: --weights resnet18-f37072fd.pth, or "
        "weights.load_weights(model, 'resnet18-f37072fd.pth', tag='resnet18.tv_in1k')."
    )
    assert not any(no_network.iterdir())


def test_without_huggingface_hub_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(BrickworkError, match=r"'pip install huggingface_hub'; or bring model.safetensors of timm/"):
        fetch("inception_v4.tf_in1k")


def test_a_hub_that_cannot_be_reached_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hub:
        @staticmethod
        def hf_hub_download(repository: str, file: str) -> str:
            raise ConnectionError("offline")

    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub)
    with pytest.raises(BrickworkError, match=r"bring model\.safetensors of https://huggingface\.co/timm/inception_v4"):
        fetch(find_tag("inception_v4.tf_in1k"))


def test_a_fetched_file_is_loaded_and_another_number_of_classes_keeps_a_fresh_classifier(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    published = build(zoo.network("inception_v4"))
    save_weights(published, "timm", tmp_path / "model.safetensors")

    class Hub:
        @staticmethod
        def hf_hub_download(repository: str, file: str) -> str:
            assert (repository, file) == ("timm/inception_v4.tf_in1k", "model.safetensors")
            return str(tmp_path / file)

    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub)
    assert fingerprint(create_model("inception_v4.tf_in1k", pretrained=True)) == fingerprint(published)
    other = create_model("inception_v4", pretrained=True, num_classes=3)
    assert torch.equal(other.get_parameter("stem.conv1.weight"), published.get_parameter("stem.conv1.weight"))
    assert other.get_parameter("head.linear.weight").shape == (3, 1536)


def test_a_file_in_torch_hubs_folder_whose_sum_is_wrong_is_refused(no_network: Path) -> None:
    no_network.mkdir(parents=True)
    (no_network / "resnet18-f37072fd.pth").write_bytes(b"half a file")
    with pytest.raises(BrickworkError, match="it is truncated, or other weights under the same name"):
        create_model("resnet18.tv_in1k", pretrained=True)


def test_unknown_weights_of_a_known_network_list_its_own() -> None:
    with pytest.raises(BrickworkError, match=r"unknown weights 'resnet50c.tv': known: resnet50c.gluon_in1k\."):
        create_model("resnet50c.tv")


def test_weights_are_brought_from_a_file_or_by_a_tag_and_other_words_answer_with_the_nearest(
    no_network: Path, tmp_path: Path
) -> None:
    published = build(zoo.network("resnet18[width=0.125]"))
    torch.save(published.state_dict(), tmp_path / "own.pth")
    model = build(zoo.network("resnet18[width=0.125]", classes=3))
    loaded = load_initial(model, tmp_path / "own.pth")
    assert load_initial(model, str(tmp_path / "own.pth")) == loaded
    assert (loaded.layout, loaded.tag, loaded.normalisation) == ("brickwork", None, None)
    assert loaded.kept == ("head.linear.weight", "head.linear.bias")
    with pytest.raises(BrickworkError, match=r"resnet18\.tv_in1k could not be fetched"):
        load_initial(model, "resnet18.tv_in1k")
    with pytest.raises(BrickworkError, match=r"'resnet18\.tv' is no file and no published weights: did you mean '"):
        load_initial(model, "resnet18.tv")
    with pytest.raises(BrickworkError, match=r"no published weights: see docs/weights\.md\."):
        load_initial(model, "zzzz")
    with pytest.raises(BrickworkError, match="no such file of weights"):
        load_initial(model, "none.pth")


def test_a_tags_normalisation_is_what_its_weights_learnt_with() -> None:
    loaded = Loaded("torchvision", "googlenet_tv.tv_in1k", (), ())
    assert loaded.normalisation == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    with pytest.raises(BrickworkError, match=r"its weights read BGR in 0\.\.255, ours are RGB in 0\.\.1\."):
        _ = Loaded("cadene", "inception_bn_608.cadene_in1k", (), ()).normalisation


@pytest.mark.parametrize("text", ["resnet18", "resnet50d", "seresnext50_32x4d", "preact_resnet18", "wide_resnet50_2"])
@torch.no_grad()
def test_features_have_timms_channels_and_reductions_and_say_so(text: str) -> None:
    import timm

    features = create_model(f"{text}[width=0.125]" if "x4d" not in text else text, features_only=True).eval()
    network = features.model.network
    info = timm.create_model(text.replace("preact_resnet", "resnetv2_"), features_only=True).feature_info
    scale = network.stages[0].body != zoo.network(text).stages[0].body
    assert features.reductions == info.reduction()
    assert features.channels == [count // (8 if scale else 1) for count in info.channels()]
    outputs = features(torch.zeros(1, 3, 64, 64))
    assert [(o.shape[1], 64 // o.shape[2]) for o in outputs] == list(
        zip(features.channels, features.reductions, strict=True)
    )


@torch.no_grad()
def test_features_are_timms_to_the_bit(tmp_path: Path) -> None:
    import timm

    there = timm.create_model("resnet18", features_only=True, out_indices=(0, 2, 4)).eval()
    here = create_model("resnet18", features_only=True, out_indices=(0, 2, 4)).eval()
    tensors = there.state_dict() | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    torch.save(tensors, tmp_path / "a.pth")
    load_weights(here.model, tmp_path / "a.pth")
    images = torch.randn(2, 3, 64, 64)
    for mine, other in zip(here(images), there(images), strict=True):
        assert torch.equal(mine, other)


def test_out_indices_choose_and_order_and_are_checked() -> None:
    features = create_model("resnet20[width=0.5]", features_only=True, out_indices=(-1, 0))
    assert (features.names, features.channels, features.reductions) == (["stage3", "stem"], [32, 8], [4, 1])
    assert [output.shape[1] for output in features(torch.zeros(1, 3, 32, 32))] == [32, 8]
    with pytest.raises(BrickworkError, match=r"resnet20 has 4 outputs, 0 to 3: there is none 4\."):
        create_model("resnet20", features_only=True, out_indices=[4])
    with pytest.raises(BrickworkError, match="features_only=True gives: ask for it, too"):
        create_model("resnet20", out_indices=[1])  # type: ignore[call-overload]


ONE_OF_EACH = (
    "alexnet_ungrouped", "lenet_caffe", "nin_cifar", "nin_lecture", "googlenet", "inception_bn", "resnet20",
    "preact_resnet18", "resnet18_lecture", "vgg16_cifar", "vgg11_quarter", "wrn_16_4",
)  # fmt: skip


@pytest.mark.parametrize("text", ONE_OF_EACH)
@torch.no_grad()
def test_a_network_without_its_classifier_gives_what_its_classifier_reads(text: str) -> None:
    model = build(zoo.network(f"{text}[width=0.05]")).eval()
    bare = drop_classifier(model)
    seen: list[torch.Tensor] = []
    first = model.get_submodule(next(path for path in classifiers(model.network) if path.startswith("head")))
    first.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    images = torch.randn(1, *model.network.input)
    model(images)
    expected = seen[0] if seen[0].dim() == 2 else seen[0].relu().mean((2, 3))  # network in network's are maps
    torch.testing.assert_close(bare(images), expected)
    assert bare.network.classes == expected.shape[1]


def test_without_classes_a_model_gives_timms_features(tmp_path: Path) -> None:
    import timm

    there = timm.create_model("resnet18", num_classes=0).eval()
    here = create_model("resnet18", num_classes=0).eval()
    assert here(torch.zeros(2, 3, 64, 64)).shape == (2, 512) == there(torch.zeros(2, 3, 64, 64)).shape
    with pytest.raises(BrickworkError, match="its last layer cannot make another number of classes"):
        create_model("lenet5_1998", num_classes=0)


def test_published_weights_are_fitted_to_other_channels_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    published = build(zoo.network("resnet18"))
    save_weights(published, "torchvision", tmp_path / "a.pth")
    monkeypatch.setattr("brickwork.weights.create.fetch", lambda tag: tmp_path / "a.pth")
    monkeypatch.setattr("brickwork.weights.load.verify", lambda path, tag: None)
    grey = create_model("resnet18", pretrained=True, in_chans=1, num_classes=4)
    weight = published.get_parameter("stem.conv.weight").detach()
    assert torch.equal(grey.get_parameter("stem.conv.weight"), weight.sum(1, keepdim=True))
    assert "resnet18.tv_in1k: stem.conv.weight: 3 channels to 1, summed" in caplog.text
    assert load_initial(grey, tmp_path / "a.pth").adapted
    assert load_initial(grey, tmp_path / "a.pth").normalisation is None
