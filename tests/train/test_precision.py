import pytest
import torch

import bars
from brickwork.model import build
from brickwork.train.precision import autocast, computes_in_bf16, placed
from brickwork.train.recipe import Recipe

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


def test_a_placed_model_has_channels_last() -> None:
    model = build(bars.network())
    placed(model, CPU)
    assert model.get_parameter("stage2.conv.weight").is_contiguous(memory_format=torch.channels_last)
