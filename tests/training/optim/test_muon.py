import pytest
import torch

from brickwork.training.optim.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(12, 40), (40, 12), (16, 16)])
def test_a_matrix_becomes_nearly_orthogonal_and_keeps_its_directions(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonal(matrix)
    assert torch.linalg.svdvals(found).sub(1).abs().max() < 0.5
    inner = u.T @ found @ v.T
    assert (inner - torch.diag(inner.diagonal())).abs().max() < 1e-3


def test_a_gradient_of_zeros_stays_so() -> None:
    assert not orthogonal(torch.zeros(3, 5)).any()


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("shape", [(6, 10), (10, 6)])
def test_on_matrices_it_takes_the_steps_of_torchs_own(shape: tuple[int, int], nesterov: bool) -> None:
    torch.manual_seed(1)
    mine = torch.nn.Parameter(torch.randn(shape))
    theirs = torch.nn.Parameter(mine.detach().clone())
    one = Muon([{"params": [mine], "orthogonal": True}], 0.02, momentum=0.9, nesterov=nesterov, weight_decay=0.1)
    other = torch.optim.Muon(
        [theirs], lr=0.02, momentum=0.9, nesterov=nesterov, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"
    )
    for _ in range(5):
        mine.grad = torch.randn(shape)
        theirs.grad = mine.grad.clone()
        one.step()
        other.step()
    torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-6)


def test_a_convolution_is_a_matrix_of_its_outputs() -> None:
    torch.manual_seed(2)
    convolution = torch.nn.Parameter(torch.randn(4, 3, 3, 3).to(memory_format=torch.channels_last))
    dense = torch.nn.Parameter(convolution.detach().flatten(1).clone())
    for weight in (convolution, dense):
        weight.grad = torch.sin(weight.detach() * 3)
        Muon([{"params": [weight], "orthogonal": True}], 0.1).step()
    assert torch.equal(convolution.flatten(1), dense)


def test_the_other_weights_take_adamws_steps() -> None:
    torch.manual_seed(3)
    mine = torch.nn.Parameter(torch.randn(7))
    theirs = torch.nn.Parameter(mine.detach().clone())
    one = Muon([mine], 0.02, weight_decay=0.1)
    other = torch.optim.AdamW([theirs], lr=0.02, weight_decay=0.1)
    for _ in range(20):
        mine.grad = torch.randn(7)
        theirs.grad = mine.grad.clone()
        one.step()
        other.step()
    torch.testing.assert_close(mine, theirs)
