import pytest
import torch
import torchvision
from torch import nn

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model, build
from brickwork.network import Network, SideHead, chain, concat, cost, gate, named, on_change, residual, stages
from brickwork.network.layers import Conv, Flatten, GlobalAvgPool, Linear, ReLU, Scale, Sigmoid


@pytest.mark.parametrize("name", ["resnet50", "vgg16"])
def test_with_torchvisions_weights_in_order_logits_are_torchvisions_to_the_last_bit(name: str) -> None:
    torch.manual_seed(0)
    ours, theirs = build(zoo.network(name)).eval(), getattr(torchvision.models, name)(weights=None).eval()
    for key, tensor in theirs.state_dict().items():
        if "running" in key:
            tensor.uniform_(0.5, 1.5)
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    images = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        assert torch.equal(ours(images), theirs(images))


def test_weight_names_read_well() -> None:
    names = list(build(zoo.network("resnet20")).state_dict())
    assert names[0] == "stem.conv.weight"
    assert "stage2.0.body.conv1.weight" in names
    assert names[-2:] == ["head.linear.weight", "head.linear.bias"]
    assert "stage3.3a.path2.conv1.weight" in build(zoo.network("googlenet", input=(3, 96, 96))).state_dict()


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "vgg11", "inception_v4", "seresnet50"])
def test_a_models_shapes_are_its_networks(name: str) -> None:
    network = zoo.network(f"{name}[width=0.125]", input=(3, 96, 96), classes=4)
    model = build(network).eval()
    with torch.no_grad():
        features = model.features(torch.randn(2, 3, 96, 96))
    rows = {row.path: row.output for row in cost(network).at("stage")}
    assert {stage: tuple(feature.shape[1:]) for stage, feature in features.items()} == {
        stage: shape for stage, shape in rows.items() if stage != "head"
    }


def test_logits_come_in_every_mode_and_side_heads_only_when_asked_for() -> None:
    model = build(zoo.network("googlenet[width=0.125]", input=(3, 96, 96), classes=4))
    images = torch.randn(2, 3, 96, 96)
    for mode in (model.train(), model.eval()):
        assert mode(images).shape == (2, 4)
    logits = model.all_logits(images)
    assert list(logits) == ["head", "side1", "side2"]
    torch.testing.assert_close(logits["head"], model(images))


def test_asking_for_features_changes_no_earlier_one() -> None:
    model = build(zoo.network("resnet20[flavor=relu_only_pre]")).eval()  # each unit begins with a ReLU
    images = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        first = model.stem(images)  # type: ignore[operator]
        assert torch.equal(model.features(images)["stem"], first)
    assert (first < 0).any()


def test_a_model_compiles_in_one_graph_and_exports_with_a_free_batch() -> None:
    model = build(zoo.network("googlenet[width=0.125]", input=(3, 96, 96), classes=4)).eval()
    images = torch.randn(2, 3, 96, 96)
    with torch.no_grad():
        expected = model(images)
        torch.testing.assert_close(torch.compile(model, fullgraph=True, backend="eager")(images), expected)
        exported = torch.export.export(model, (images,), dynamic_shapes=({0: torch.export.Dim("batch")},)).module()
        torch.testing.assert_close(exported(images), expected)
        assert exported(torch.randn(5, 3, 96, 96)).shape == (5, 4)


def test_the_combinators_compute_what_they_say() -> None:
    expr = chain(
        residual(concat(Conv(2, 1), Scale(0.5)), Conv(5, 1), after=ReLU()),
        gate(chain(GlobalAvgPool(), Conv(5, 1), Sigmoid())),
        named("end", ReLU()),
    )
    model = Model(
        Network("all", (3, 4, 4), 2, stages(stage1=expr), chain(GlobalAvgPool(), Flatten(), Linear(2)))
    ).eval()
    x = torch.randn(2, 3, 4, 4)
    parts = dict(model.named_modules())
    added = torch.relu(torch.cat([parts["stage1.0.body.path1"](x), 0.5 * x], 1) + parts["stage1.0.shortcut"](x))
    gated = added * torch.sigmoid(parts["stage1.1.gate.conv"](added.mean((2, 3), keepdim=True)))
    torch.testing.assert_close(model.features(x)["stage1"], torch.relu(gated))


def test_an_input_that_does_not_fit_is_refused_before_anything_is_built() -> None:
    with pytest.raises(BrickworkError, match=r"vgg11 on 3x16x16: stage5\.maxpool"):
        build(zoo.network("vgg11", input=(3, 16, 16)))


def test_a_global_mean_lets_a_built_model_take_other_sizes() -> None:
    model = build(zoo.network("resnet18[width=0.125]", classes=3)).eval()
    assert model(torch.randn(1, 3, 64, 80)).shape == (1, 3)


@pytest.mark.parametrize("drop", [0.0, 0.5])
def test_stochastic_depth_multiplies_each_body_by_its_survival_at_test(drop: float) -> None:
    model = build(zoo.network(f"resnet20[drop={drop}]")).eval()
    keeps = [module.keep for module in model.modules() if type(module).__name__ == "Drop"]
    expected = [1 - drop * (block + 1) / 9 for block in range(9)] if drop else []
    assert keeps == pytest.approx(expected, abs=1e-5)


def test_every_layer_of_a_model_is_a_torch_module_that_people_know() -> None:
    known = (nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Flatten, nn.Linear, nn.Identity)
    leaves = [module for module in build(zoo.network("resnet18")).modules() if not list(module.children())]
    assert all(isinstance(leaf, known) for leaf in leaves)


@pytest.mark.parametrize(
    "name", ["resnet20", "googlenet[width=0.125]", "nin_cifar[width=0.125]", "nin_lecture[width=0.125]"]
)
def test_a_reset_classifier_tells_so_many_classes_apart_and_the_network_says_so(name: str) -> None:
    model = build(zoo.network(name)).eval()
    body = {key: tensor.clone() for key, tensor in model.state_dict().items() if key.startswith("stage")}
    model.reset_classifier(7)
    images = torch.randn(2, *model.network.input)
    assert {logits.shape for logits in model.all_logits(images).values()} == {(2, 7)}
    assert model.network.classes == 7
    wanted = {key: tensor.shape for key, tensor in build(model.network).state_dict().items()}
    assert {key: tensor.shape for key, tensor in model.state_dict().items()} == wanted
    assert all(torch.equal(model.state_dict()[key], tensor) for key, tensor in body.items())


def test_forward_features_is_what_the_head_looks_at() -> None:
    model = build(zoo.network("resnet20")).eval()
    images = torch.randn(2, *model.network.input)
    assert torch.equal(model.get_submodule("head")(model.forward_features(images)), model(images))


def test_two_side_heads_may_read_the_same_part() -> None:
    score = chain(GlobalAvgPool(), Flatten(), Linear(2))
    sides = (SideHead("side1", "stage1", score), SideHead("side2", "stage1", score))
    model = build(Network("twice", (3, 8, 8), 2, stages(stage1=Conv(4, 3)), score, sides))
    assert list(model.all_logits(torch.randn(2, 3, 8, 8))) == ["head", "side1", "side2"]


@pytest.mark.parametrize("name", ["training", "forward", "stages", "taps"])
def test_a_part_cannot_have_a_name_that_torch_needs(name: str) -> None:
    head = chain(Flatten(), Linear(2))
    for network in (
        Network("n", (1, 4, 4), 2, stages(**{name: Conv(2, 1)}), head),
        Network("n", (1, 4, 4), 2, stages(stage1=chain(Conv(2, 1), named("training", ReLU()))), head),
    ):
        with pytest.raises(BrickworkError, match="n: no part can be called"):
            build(network)


def test_a_shortcut_for_changes_is_built_wherever_it_is_counted() -> None:
    network = Network("n", (1, 4, 4), 2, stages(stage1=on_change(Conv(2, 1))), chain(Flatten(), Linear(2)))
    assert sum(weight.numel() for weight in build(network).parameters()) == cost(network).params


def test_a_reset_classifier_begins_as_a_fresh_models_does() -> None:
    model = build(zoo.network("nin_lecture[width=0.125]")).eval()
    model.reset_classifier(7)
    biases = [model.get_parameter(f"head.0.conv{number}.bias").unique().tolist() for number in (1, 2, 3)]
    assert biases == [[0], [0], [1]]  # a ReLU follows the scores, so they begin above 0


def test_a_model_without_a_classifier_stays_as_it_was() -> None:
    model = build(zoo.network("lenet5_1998"))
    with pytest.raises(BrickworkError, match="cannot make another number of classes"):
        model.reset_classifier(7)
    assert model.network.classes == 10


def test_a_model_is_a_line_and_its_print_a_list_of_modules() -> None:
    model = build(zoo.network("resnet20"))
    assert repr(model) == "Model(resnet20 on 3x32x32, 10 classes)"
    assert str(model).startswith("Model(\n  (stem): Sequential(\n    (conv): Conv2d(3, 16")
    assert repr(nn.Sequential(model)) == "Sequential(\n  (0): Model(resnet20 on 3x32x32, 10 classes)\n)"
