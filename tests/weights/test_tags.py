"""Every published file: what it is for, and that a model is what it is for."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import timm
import torch
import torchvision

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.network import Expr, Named, Network, transform
from brickwork.network.layers import AvgPool
from brickwork.weights import find_tag, load_weights, tags
from brickwork.weights.names import LAYOUTS
from brickwork.weights.tag import Tag, agree, first_difference
from brickwork.weights.tags import default, tag_of_file

EVERY = [find_tag(name) for name in tags()]


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.name)
def test_a_row_names_a_network_a_layout_and_a_way_to_look_at_images(each: Tag) -> None:
    network = zoo.network(each.network)
    assert each.library in {library for _, library, _ in LAYOUTS}
    assert each.view.size <= each.view.resize
    assert each.view.interpolation in ("bilinear", "bicubic")
    assert (each.view.colour, each.view.scale) in (("RGB", 1), ("BGR", 255))
    assert all(0 <= m < each.view.scale and 0 < s <= 1 for m, s in zip(each.view.mean, each.view.std, strict=True))
    assert network.classes == 1000
    assert each.address.startswith(("https://", "http://data.lip6.fr/", "hub:timm/"))
    assert (each.sha256 is None) == each.address.startswith("hub:")
    assert each.sha256 is None or re.search(rf"-{each.sha256}\.pth$", each.address)


def test_torchvisions_rows_say_what_torchvision_says() -> None:
    models = torchvision.models
    rows = [each for each in EVERY if each.library == "torchvision"]
    assert len(rows) == 28
    for each in rows:
        name = each.name.partition(".")[0].replace("alexnet_owt", "alexnet").replace("googlenet_tv", "googlenet")
        published = models.get_model_weights(name)[f"IMAGENET1K_V{2 if '.tv2_' in each.name else 1}"]
        seen, metrics = published.transforms(), published.meta["_metrics"]["ImageNet-1K"]
        assert each.address == published.url
        assert (each.view.size, each.view.resize) == (seen.crop_size[0], seen.resize_size[0])
        assert each.view.interpolation == seen.interpolation.value
        assert each.accuracy == (metrics["acc@1"], metrics["acc@5"])
        if name in ("googlenet", "inception_v3"):  # transform_input turns ImageNet's mean and std into these
            assert (set(each.view.mean), set(each.view.std)) == ({0.5}, {0.5})
        else:
            assert (each.view.mean, each.view.std) == (tuple(seen.mean), tuple(seen.std))


def test_timms_rows_say_what_timm_says() -> None:
    models = timm.models
    rows = [each for each in EVERY if each.library != "torchvision" and ".cadene" not in each.name]
    assert len(rows) > 70
    for each in rows:
        published = models.get_pretrained_cfg(each.name)
        assert each.address in (published.url, f"hub:{published.hf_hub_id}")
        assert each.view.size == published.input_size[1]
        assert each.view.resize == int(each.view.size / published.crop_pct)
        assert each.view.interpolation == published.interpolation
        assert (each.view.mean, each.view.std) == (published.mean, published.std)


def test_googlenets_input_as_torchvision_transforms_it_is_the_tags() -> None:
    raw = torch.rand(1, 3, 8, 8)
    models = torchvision.models
    network = models.googlenet(transform_input=True, init_weights=False, aux_logits=False)
    mean, std = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    torch.testing.assert_close(network._transform_input((raw - mean) / std), (raw - 0.5) / 0.5)


def test_a_networks_own_weights_come_first() -> None:
    assert default("resnet50").name == "resnet50.tv_in1k"
    assert default("seresnet50[stride=v1,stem=caffe]").name == "legacy_seresnet50.in1k"
    with pytest.raises(BrickworkError, match="resnet20: there are no published weights"):
        default("resnet20")


def test_an_unknown_tag_answers_with_the_nearest() -> None:
    with pytest.raises(BrickworkError, match=r"unknown weights 'resnet50.tv_ink1': did you mean 'resnet50.tv_in1k'\?"):
        find_tag("resnet50.tv_ink1")


def test_a_tag_prints_in_a_line() -> None:
    assert repr(find_tag("resnet50.tv_in1k")) == "Tag(resnet50.tv_in1k: torchvision's weights of resnet50, 224 pixels)"
    assert max(len(repr(tag)) for tag in map(find_tag, tags())) < 120


def test_a_file_with_its_published_name_is_known() -> None:
    found = tag_of_file(Path("somewhere/resnet50-0676ba61.pth"))
    assert found is not None
    assert found.name == "resnet50.tv_in1k"
    assert tag_of_file(Path("somewhere/resnet50.pth")) is None
    assert tag_of_file(Path("model.safetensors")) is None


@pytest.mark.parametrize(
    ("text", "published", "field"),
    [
        (
            "resnet50[stride=v1]",
            "resnet50.tv_in1k",
            "conv1 has stride=2 here, stride=1 there",
        ),
        ("seresnet50[stride=v1]", "legacy_seresnet50.in1k", "stem.maxpool has padding=1 here"),
        ("googlenet_bn", "googlenet_tv.tv_in1k", "stage1.norm has eps=1e-05 here"),
        ("alexnet", "alexnet_owt.tv_in1k", "stage1.conv has out=96 here"),
        ("resnet50[drop=0.2]", "resnet50.tv_in1k", "stage2.0.body.drop is StochasticDepth"),
        ("inception_v3[side_heads=false]", "inception_v3.tv_in1k", "there is side1.avgpool only there"),
    ],
)
def test_what_a_state_dict_cannot_show_is_compared_field_by_field(text: str, published: str, field: str) -> None:
    with pytest.raises(BrickworkError, match=re.escape(field)) as caught:
        agree(zoo.network(text, classes=5), find_tag(published))
    assert str(caught.value).startswith(f"{published} are weights of {find_tag(published).network}, not of {text}: ")


def test_another_way_to_count_padding_and_another_place_for_dropout_are_seen() -> None:
    v4 = zoo.network("inception_v4")
    assert first_difference(v4, changed(v4)) == (
        "stage_a.0.path4.avgpool has include_pad=False here, include_pad=True there"
    )
    paper, torch_ = zoo.network("alexnet_ungrouped"), zoo.network("alexnet_owt")
    moved = replace(torch_, head=paper.head)
    assert (
        first_difference(torch_, moved)
        == "head.adaptivepool is AdaptiveAvgPool(6) here, head.flatten is Flatten() there"
    )


def changed(network: Network) -> Network:
    """Every mean counts its padding."""

    def change(part: Expr) -> Expr:
        return replace(part, include_pad=True) if isinstance(part, AvgPool) else part

    return replace(network, stages=tuple(Named(s.name, transform(s.body, change)) for s in network.stages))


def test_loading_under_a_tag_refuses_another_network_before_it_reads(tmp_path: Path) -> None:
    with torch.device("meta"):
        model = Model(zoo.network("resnet18"))
    (tmp_path / "resnet50-0676ba61.pth").write_bytes(b"no matter what")
    with pytest.raises(BrickworkError, match=r"^resnet50.tv_in1k are weights of resnet50, not of resnet18: "):
        load_weights(model, tmp_path / "resnet50-0676ba61.pth")


def test_a_file_whose_sum_is_not_the_published_one_is_refused(tmp_path: Path) -> None:
    with torch.device("meta"):
        model = Model(zoo.network("resnet18"))
    path = tmp_path / "resnet18-f37072fd.pth"
    path.write_bytes(b"half a file")
    with pytest.raises(BrickworkError, match=r"the sha256 of resnet18\.tv_in1k begins with f37072fd, this file's with"):
        load_weights(model, path)
