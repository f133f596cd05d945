"""State dict files, .safetensors and .pth. Nothing in them is ever run."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.files import write_whole

PICKLES = (".pth", ".pt", ".bin", ".tar")
WRAPPERS = ("state_dict", "model")  # under which training scripts store the tensors


@dataclass(frozen=True)
class TensorFile:
    """Named tensors as a file holds them, without batch norm's counters of batches."""

    path: Path
    tensors: dict[str, Tensor]
    ordered: bool  # whether they stand as they were registered; safetensors sorts them


def read_tensors(path: Path) -> TensorFile:
    """The tensors of a .safetensors or .pth file.

    Raises BrickworkError where the file is missing, damaged, holds something else, or holds code.
    """
    if not path.is_file():
        raise BrickworkError(f"{path}: no such file of weights.")
    if path.suffix == ".safetensors":
        return TensorFile(path, unwrap(path, _safetensors(path)), ordered=False)
    if path.suffix in PICKLES:
        return TensorFile(path, unwrap(path, _pickle(path)), ordered=True)
    raise BrickworkError(f"{path}: weights are read from .safetensors and {', '.join(PICKLES[:2])} files.")


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as fault:
        raise BrickworkError(f"{path}: a truncated or damaged safetensors file ({fault}).") from None


def _pickle(path: Path) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):  # of other versions of the format
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as fault:  # a pickle can be broken in every way that Python knows
        first = str(fault).partition("\n")[0]
        if "Unsupported" in str(fault):
            raise BrickworkError(
                f"{path}: refused, because it holds more than tensors and reading it could run code. "
                "Ask for the state dict alone, or for a .safetensors file."
            ) from None
        raise BrickworkError(f"{path}: a truncated or damaged file ({type(fault).__name__}: {first:.120}).") from None


def unwrap(path: Path, content: Any) -> dict[str, Tensor]:
    """The state dict, out of what training scripts wrap around it."""
    for wrapper in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping):
        raise BrickworkError(f"{path}: expected tensors by name, found {type(content).__name__}.")
    for name, value in content.items():
        if not isinstance(value, Tensor):
            raise BrickworkError(f"{path}: expected tensors by name, but {name!r} is {type(value).__name__}.")
        if not isinstance(name, str) or value.layout != torch.strided or value.is_quantized or value.is_meta:
            raise BrickworkError(
                f"{path}: expected tensors by name, each with all of its numbers, but not so {name!r}."
            )
        if value.is_complex():
            raise BrickworkError(f"{path}: expected tensors by name, of real numbers, but {name!r} holds complex ones.")
    names = [name for name in content if not name.endswith("num_batches_tracked")]
    return {name.removeprefix("module."): content[name] for name in names}  # DataParallel's prefix


def write_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """A .safetensors or .pth file, whole or not at all."""
    if path.suffix not in (".safetensors", *PICKLES):
        raise BrickworkError(f"{path}: weights are written to .safetensors and {', '.join(PICKLES[:2])} files.")
    if path.suffix == ".safetensors":
        content = safetensors_bytes(tensors, metadata={"format": "pt"})
    else:
        torch.save(tensors, buffer := BytesIO())
        content = buffer.getvalue()
    write_whole(path, content)
