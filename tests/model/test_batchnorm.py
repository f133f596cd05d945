import pytest
import torch
from torch import Tensor, nn

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import build, recompute_averages
from brickwork.model.batchnorm import FrozenBatchNorm, GhostBatchNorm, PlainBatchNorm

DENSE, MAPS = (8, 5), (4, 5, 6, 7)


def twins(shape: tuple[int, ...], momentum: float | None = 0.1) -> tuple[nn.Module, PlainBatchNorm]:
    torch.manual_seed(0)
    theirs = (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(shape[1], momentum=momentum)
    for tensor in theirs.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
    ours = PlainBatchNorm(shape[1], momentum=momentum)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def check_equal(theirs: nn.Module, ours: nn.Module, x: Tensor, tolerance: float = 1e-6) -> None:
    torch.testing.assert_close(ours(x), theirs(x), atol=tolerance, rtol=tolerance)
    for name, tensor in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], tensor, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("momentum", [0.1, 0.5, None])
@pytest.mark.parametrize("shape", [DENSE, MAPS])
def test_written_out_it_equals_torchs_in_training_and_in_inference(
    shape: tuple[int, ...], momentum: float | None
) -> None:
    theirs, ours = twins(shape, momentum)
    for _ in range(3):
        check_equal(theirs, ours, torch.randn(shape) * 3 + 2)
    check_equal(theirs.eval(), ours.eval(), torch.randn(shape))


@pytest.mark.parametrize("shape", [DENSE, MAPS])
def test_its_gradients_equal_torchs(shape: tuple[int, ...]) -> None:
    theirs, ours = twins(shape)
    x, away = torch.randn(shape), torch.randn(shape)
    gradients = []
    for layer in (theirs, ours):
        leaf = x.clone().requires_grad_()
        gradients.append(torch.autograd.grad((layer(leaf) * away).sum(), [leaf, *layer.parameters()]))
    for mine, torchs in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, torchs, atol=1e-5, rtol=1e-5)


def test_a_dead_channel_equals_torchs_and_a_constant_one_is_its_bias() -> None:
    theirs, ours = twins(MAPS)
    x = torch.randn(MAPS)
    x[:, 2] = 0
    check_equal(theirs, ours, x)
    x[:, 2] = 7
    assert torch.equal(ours(x)[:, 2], ours.bias[2].expand(4, 6, 7))
    # torch computes x * a + b with a = weight / sqrt(eps), in single precision: right to 7 * a * 2^-24.
    rounding = 7 * theirs.weight[2].item() / 1e-5**0.5 * 2**-24
    torch.testing.assert_close(theirs(x)[:, 2], ours(x)[:, 2], atol=rounding, rtol=0)


def test_in_bfloat16_it_computes_wider_and_answers_in_bfloat16() -> None:
    theirs, ours = twins(MAPS)
    x = torch.randn(MAPS).bfloat16()
    assert ours(x).dtype == theirs(x).dtype == torch.bfloat16
    check_equal(theirs, ours, x, tolerance=1e-2)


def test_one_image_of_one_pixel_is_refused_in_training_and_fine_in_inference() -> None:
    _, ours = twins(MAPS)
    with pytest.raises(BrickworkError, match="needs more than one number a channel, but one came: use a larger batch"):
        ours(torch.randn(1, 5, 1, 1))
    assert ours.eval()(torch.randn(1, 5, 1, 1)).isfinite().all()
    assert ours.train()(torch.randn(1, 5, 2, 2)).isfinite().all()


def test_an_input_with_other_axes_is_refused() -> None:
    with pytest.raises(BrickworkError, match="not 3 axes"):
        PlainBatchNorm(5)(torch.randn(2, 5, 3))


def test_epsilon_inside_the_variance_as_lectures_write_it_is_the_same_forward() -> None:
    _, ours = twins(DENSE)
    x = torch.randn(DENSE)
    variance = (x - x.mean(0)).square().mean(0) + ours.eps
    lecture = ours.weight * (x - x.mean(0)) / variance.sqrt() + ours.bias
    torch.testing.assert_close(ours(x), lecture, atol=1e-6, rtol=1e-6)


def test_ghost_batches_as_large_as_the_batch_are_batch_norm() -> None:
    theirs, _ = twins(MAPS)
    ghost = GhostBatchNorm(5, 1e-5, 0.1, size=MAPS[0])
    ghost.load_state_dict(theirs.state_dict())
    check_equal(theirs, ghost, torch.randn(MAPS))
    check_equal(theirs.eval(), ghost.eval(), torch.randn(MAPS))


def test_each_ghost_batch_is_normalised_by_itself_and_moves_the_averages() -> None:
    theirs, _ = twins(MAPS)
    ghost = GhostBatchNorm(5, 1e-5, 0.1, size=2)
    ghost.load_state_dict(theirs.state_dict())
    x = torch.randn(5, 5, 6, 7)
    expected = torch.cat([theirs(part) for part in (x[:3], x[3:])])  # no ghost batch is smaller than asked for
    assert torch.equal(ghost(x), expected)
    torch.testing.assert_close(ghost.state_dict(), theirs.state_dict())


def test_frozen_it_uses_its_averages_in_training_too_and_learns_nothing() -> None:
    theirs, _ = twins(MAPS)
    frozen = FrozenBatchNorm(5, 1e-5, 0.1)
    frozen.load_state_dict(theirs.state_dict())
    before = {name: tensor.clone() for name, tensor in frozen.state_dict().items()}
    x = torch.randn(MAPS)
    assert torch.equal(frozen.train()(x), theirs.eval()(x))
    assert not any(weight.requires_grad for weight in frozen.parameters())
    torch.testing.assert_close(frozen.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize("norm", ["plain", "ghost", "frozen"])
def test_a_model_is_built_with_another_norm_under_the_same_weight_names(norm: str) -> None:
    network = zoo.network("resnet20[width=0.25]", classes=3)
    torch.manual_seed(0)
    usual = build(network).eval()
    other = build(network, norm=norm).eval()  # type: ignore[arg-type]
    other.load_state_dict(usual.state_dict())
    assert not any(type(layer) is nn.BatchNorm2d for layer in other.modules())
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(other(images), usual(images), atol=1e-5, rtol=1e-5)


def test_an_unknown_norm_and_an_empty_ghost_are_refused() -> None:
    network = zoo.network("resnet20[width=0.25]")
    with pytest.raises(BrickworkError, match="norm is 'torch', 'plain', 'ghost', 'frozen' or 'sync'"):
        build(network, norm="layer")  # type: ignore[arg-type]
    with pytest.raises(BrickworkError, match="a ghost batch has 1 image at least"):
        build(network, norm="ghost", ghost=0)


@pytest.mark.parametrize("size", [8, 5, 20])
def test_precise_averages_are_those_of_the_whole_set_however_it_is_cut(size: int) -> None:
    torch.manual_seed(0)
    images = torch.randn(20, 3, 6, 6) * 2 + 1
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).eval()
    recompute_averages(model, images.split(size))
    maps = model[0](images).transpose(0, 1).flatten(1)
    torch.testing.assert_close(model[1].running_mean, maps.mean(1), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(model[1].running_var, maps.var(1, unbiased=True), atol=1e-6, rtol=1e-5)
    assert not model.training


def test_precise_averages_need_a_batch() -> None:
    with pytest.raises(BrickworkError, match="at least one batch"):
        recompute_averages(build(zoo.network("resnet20[width=0.25]")), [])
