import os
from pathlib import Path

import pytest
import torch

import bars
from brickwork.errors import BrickworkError
from brickwork.machine import computes_in_bf16
from brickwork.model import build
from brickwork.recipe.recipe import Recipe
from brickwork.training.precision import autocast, scaler, training_logits

CPU = torch.device("cpu")


def dtype_in(recipe: Recipe) -> torch.dtype:
    with autocast(recipe, CPU):
        return torch.nn.Linear(2, 2)(torch.rand(1, 2)).dtype  # type: ignore[no-any-return]


def test_a_recipe_chooses_the_numbers_of_a_step() -> None:
    assert dtype_in(Recipe(precision="bf16")) == torch.bfloat16
    assert dtype_in(Recipe(precision="fp32")) == torch.float32


@pytest.mark.parametrize(
    ("words", "expected"), [({"avx512_bf16": True}, True), ({"avx2": True, "amx_bf16": False}, False)]
)
def test_auto_follows_what_the_processor_computes_in(
    words: dict[str, bool], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: words, raising=False)
    assert computes_in_bf16(CPU) is expected
    assert dtype_in(Recipe(precision="auto")) == (torch.bfloat16 if expected else torch.float32)


def test_auto_takes_float32_where_torch_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not computes_in_bf16(CPU)


def test_fp16_is_refused_on_a_cpu() -> None:
    with pytest.raises(
        BrickworkError, match="precision=fp16 needs a GPU, and there is none here: take bf16, fp32 or auto"
    ):
        autocast(Recipe(precision="fp16"), CPU)


def test_a_scaler_does_nothing_for_numbers_that_need_none() -> None:
    idle = scaler(Recipe(precision="bf16"), CPU)
    loss = torch.ones(())
    assert idle.scale(loss) is loss
    assert idle.state_dict() == {}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="fp16 needs a GPU")
def test_a_scaler_goes_on_from_its_state() -> None:
    device, recipe = torch.device("cuda"), Recipe(precision="fp16")
    first, second = scaler(recipe, device), scaler(recipe, device)
    weight = torch.nn.Parameter(torch.ones((), device=device))
    steps = torch.optim.SGD([weight], lr=0.1)
    first.scale(weight * float("inf")).backward()
    first.step(steps)
    first.update()
    assert weight.item() == 1.0
    second.load_state_dict(first.state_dict())
    assert second.get_scale() == first.get_scale() == 32768.0


def test_a_network_is_compiled_when_asked_for_only(monkeypatch: pytest.MonkeyPatch) -> None:
    model, asked = build(bars.network(sides=True)), []
    monkeypatch.setattr(torch, "compile", lambda function: asked.append(function) or function)
    images = torch.rand(2, 1, 8, 8)
    assert set(training_logits(model, Recipe())(images)) == {"head", "side1"}
    assert not asked
    assert set(training_logits(model, Recipe(compile=True))(images)) == {"head", "side1"}
    assert asked == [model.all_logits]


def test_compiled_code_lies_in_the_cache_of_this_user_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    monkeypatch.setattr(torch, "compile", lambda function: function)
    training_logits(build(bars.network()), Recipe(compile=True))
    folder = Path(os.environ["TORCHINDUCTOR_CACHE_DIR"])
    assert folder.parent == tmp_path / "cache"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_where_torch_cannot_compile_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(images: torch.Tensor) -> None:
        raise torch._dynamo.exc.TorchDynamoException("no C++ compiler\nand a long story")

    monkeypatch.setattr(torch, "compile", lambda function: cannot)
    with pytest.raises(
        BrickworkError, match=r"torch cannot compile the network here: no C\+\+ compiler Leave --compile out"
    ):
        training_logits(build(bars.network()), Recipe(compile=True))(torch.rand(1, 1, 8, 8))
