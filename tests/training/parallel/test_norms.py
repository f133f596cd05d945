"""Synchronised batch norm: several processes give what one gives on all of their images, gradients included."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import build
from brickwork.model.batchnorm import SyncBatchNorm
from brickwork.network import to_json
from brickwork.recipe.recipe import Recipe
from brickwork.training.preflight import batch_norm_notes, check_processes

MEMBER = Path(__file__).parent / "norms.py"
NETWORK = zoo.network("resnet20[width=0.25]", input=(3, 16, 16), classes=4)
SHAPES: dict[int | str, tuple[int, ...]] = {5: (12, 5, 6, 7), 3: (12, 3), to_json(NETWORK): (12, 3, 16, 16)}
Found = tuple[Tensor, Tensor, list[Tensor], dict[str, Tensor]]


def cut(x: Tensor, size: int) -> list[Tensor]:
    """Unequal parts: what cannot be read leaves micro-batches of other sizes."""
    return list(x.split([5, 7] if size == 2 else [3, 4, 5]))


@pytest.fixture(scope="module", params=[2, 3])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Found, Found]]:
    """Of each case, what plain batch norm gives on the whole batch, and what the processes give, joined."""
    size, folder = request.param, tmp_path_factory.mktemp("norms")
    torch.manual_seed(1)
    whole = []
    for kind, shape in SHAPES.items():
        outputs = (12, 4) if isinstance(kind, str) else shape
        dtype = torch.float64 if isinstance(kind, str) else torch.float32  # 21 norms in turn double what is rounded
        whole.append((kind, (torch.randn(shape) * 3 + 2).to(dtype), torch.randn(outputs, dtype=dtype)))
    torch.save([(kind, cut(x, size), cut(away, size)) for kind, x, away in whole], folder / "cases.pt")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    words = [[sys.executable, str(MEMBER), str(rank), str(size), str(folder)] for rank in range(size)]
    members = [subprocess.Popen(each, stderr=subprocess.PIPE, text=True, env=environment) for each in words]
    errors = [member.communicate(timeout=120)[1] for member in members]
    assert [member.returncode for member in members] == [0] * size, "".join(errors)
    ranks = [torch.load(folder / f"{rank}.pt") for rank in range(size)]
    return [(plain(*case), join([rank[i] for rank in ranks])) for i, case in enumerate(whole)]


def plain(kind: int | str, x: Tensor, away: Tensor) -> Found:
    torch.manual_seed(0)
    if isinstance(kind, str):
        model: nn.Module = build(NETWORK).double()
    else:
        model = (nn.BatchNorm2d if x.dim() == 4 else nn.BatchNorm1d)(kind)
        nn.init.uniform_(model.weight)
        nn.init.uniform_(model.bias)
    x = x.clone().requires_grad_()
    out = model.train()(x)
    (out * away).sum().backward()
    assert x.grad is not None
    return (
        out.detach(),
        x.grad,
        [weight.grad for weight in model.parameters() if weight.grad is not None],
        model.state_dict(),
    )


def join(parts: list[Found]) -> Found:
    """The whole batch of processes; a weight's gradient is the sum of theirs, and the averages are the same in all."""
    outs, images, gradients, states = zip(*parts, strict=True)
    for state in states:
        assert all(torch.equal(value, states[0][name]) for name, value in state.items())
    return torch.cat(outs), torch.cat(images), [sum(each) for each in zip(*gradients, strict=True)], states[0]


def check_close(mine: Tensor, theirs: Tensor) -> None:
    scale = max(1.0, float(theirs.abs().max()))
    torch.testing.assert_close(mine / scale, theirs / scale, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("case", range(len(SHAPES)), ids=["maps", "dense", "resnet"])
def test_processes_give_what_batch_norm_gives_on_the_whole_batch(case: int, found: list[tuple[Found, Found]]) -> None:
    (out, images, gradients, state), ours = found[case]
    check_close(ours[0], out)
    check_close(ours[1], images)
    for mine, theirs in zip(ours[2], gradients, strict=True):
        check_close(mine, theirs)
    assert list(ours[3]) == list(state)
    for name, theirs in state.items():
        check_close(ours[3][name].double(), theirs.double())


def test_the_parts_alone_give_something_else(found: list[tuple[Found, Found]]) -> None:
    """The check above can fail."""
    out = found[0][0][0]
    torch.manual_seed(1)
    x = torch.randn(SHAPES[5]) * 3 + 2
    alone = plain(5, x[:5], torch.ones(5, 5, 6, 7))[0]
    assert not torch.allclose(alone, out[:5], atol=1e-3)


def test_one_process_gives_batch_norm_bit_for_bit() -> None:
    torch.manual_seed(0)
    x = torch.randn(8, 3, 5, 5)
    ours, theirs = SyncBatchNorm(3, 1e-5, 0.1), nn.BatchNorm2d(3)
    assert torch.equal(ours(x), theirs(x))
    assert all(torch.equal(value, theirs.state_dict()[name]) for name, value in ours.state_dict().items())


def test_processes_have_equally_many_micro_batches() -> None:
    check_processes(Recipe(norm="sync", accumulate=4), 2)
    with pytest.raises(BrickworkError, match=r"3 processes .* and 4 do not divide among them: --accumulate 6 does"):
        check_processes(Recipe(norm="sync", accumulate=4), 3)


def test_a_note_says_what_the_statistics_depend_on() -> None:
    """64 images in 8 micro-batches are 8 at a time, of which 4 processes see 32."""
    alone = list(batch_norm_notes(NETWORK, Recipe(accumulate=8), 640, 4))
    together = list(batch_norm_notes(NETWORK, Recipe(accumulate=8, norm="sync"), 640, 4))
    assert len(alone) == 1
    assert alone[0].startswith("Warning: ")
    assert "batch norm sees 8 images at a time" in alone[0]
    assert together == [
        "norm=sync: batch norm sees the micro-batches of 4 processes together; another number of processes is another "
        "training"
    ]
