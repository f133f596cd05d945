"""State dict files, .safetensors and .pth. Nothing in them is ever run."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.files import write_whole

PICKLES = (".pth", ".pt", ".bin", ".tar", ".ckpt", ".th")
SUFFIXES = (".safetensors", *PICKLES)

# Under which training scripts store the tensors. Where there are several, the first: the model's before its average's.
WRAPPERS = (
    "state_dict", "model_state_dict", "model", "net",
    "ema", "model_ema", "ema_state_dict", "state_dict_ema", "shadow",
)  # fmt: skip
PREFIXES = ("module.", "model.", "_orig_mod.", "net.", "backbone.")  # of DataParallel, Lightning, torch.compile ...
COUNTERS = ("num_batches_tracked", "n_averaged")  # batch norm's and AveragedModel's


@dataclass(frozen=True)
class TensorFile:
    """Named tensors as a file holds them, without counters of batches and averages."""

    path: Path
    tensors: dict[str, Tensor]
    ordered: bool  # whether they stand as they were registered; safetensors sorts them
    wrapper: str = ""  # what of the file they are, as in "ema.shadow"; nothing where they are all of it

    def without_prefix(self) -> "TensorFile":
        """The same tensors without what wrapping modules put before every name, or nearly every one."""
        return replace(self, tensors=strip_prefixes(self.tensors))


def read_tensors(path: Path) -> TensorFile:
    """The tensors of a .safetensors or .pth file.

    Raises BrickworkError where the file is missing, damaged, holds something else, or holds code.
    """
    if not path.is_file():
        raise BrickworkError(f"{path}: no such file of weights.")
    if path.suffix not in SUFFIXES:
        raise BrickworkError(f"{path}: weights are read from .safetensors and {', '.join(PICKLES[:2])} files.")
    ordered = path.suffix in PICKLES
    wrapper, tensors = unwrap(path, _pickle(path) if ordered else _safetensors(path))
    return TensorFile(path, tensors, ordered, wrapper)


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as fault:
        raise BrickworkError(f"{path}: a truncated or damaged safetensors file ({fault}).") from None


def _pickle(path: Path) -> Any:
    check_members(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # of other versions of the format
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as fault:  # a pickle can be broken in every way that Python knows
        raise BrickworkError(f"{path}: {pickle_fault(path, fault)}") from None


def check_members(path: Path) -> None:
    """Raises BrickworkError where a zip archive says that it unpacks to more than it is: torch compresses nothing."""
    size = path.stat().st_size
    try:
        with ZipFile(path) as archive:
            stated = sum(member.file_size for member in archive.infolist())
    except (BadZipFile, OSError, ValueError, NotImplementedError):  # an older format, or damaged, as torch will say
        return
    if stated > size:
        raise BrickworkError(
            f"{path}: refused, because its {size:,} bytes unpack to {stated:,}: store the weights uncompressed, as "
            "torch.save does."
        )


def pickle_fault(path: Path, fault: Exception) -> str:
    """Why a file was not read: it is a page or a text, it holds code, or it is damaged."""
    with path.open("rb") as file:
        start = file.read(24)
    if start and start.decode("ascii", "replace").isprintable() and not start.startswith(b"PK"):
        return f"no file of weights: it begins with {start.decode('ascii')!r}. Was a page stored in its place?"
    if "Unsupported" in str(fault):  # a class, a function, or an instruction that could call one
        return (
            "refused, because it holds more than tensors and reading it could run code. "
            "Ask for the state dict alone, or for a .safetensors file."
        )
    return f"a truncated or damaged file ({type(fault).__name__}: {str(fault).partition(chr(10))[0]:.120})."


def unwrap(path: Path, content: Any) -> tuple[str, dict[str, Tensor]]:
    """The state dict, out of what training scripts wrap around it, and the names of what was opened."""
    opened: list[str] = []
    while isinstance(content, Mapping) and (wrapper := _wrapper(content)):
        opened.append(wrapper)
        content = content[wrapper]
    if not isinstance(content, Mapping):
        raise BrickworkError(f"{path}: expected tensors by name, found {type(content).__name__}.")
    for name, value in content.items():
        _check_tensor(path, name, value)
    tensors = {name: tensor for name, tensor in content.items() if not name.endswith(COUNTERS)}
    return ".".join(opened), tensors


def _wrapper(content: Mapping[Any, Any]) -> str | None:
    return next((name for name in WRAPPERS if isinstance(content.get(name), Mapping)), None)


def _check_tensor(path: Path, name: object, value: object) -> None:
    """Raises BrickworkError where it is no tensor with a name and all of its numbers."""
    if not isinstance(value, Tensor):
        raise BrickworkError(f"{path}: expected tensors by name, but {name!r:.100} is {type(value).__name__}.")
    if not isinstance(name, str) or value.layout != torch.strided or value.is_quantized or value.is_meta:
        raise BrickworkError(
            f"{path}: expected tensors by name, each with all of its numbers, but not so {name!r:.100}."
        )
    if value.nbytes > path.stat().st_size:
        raise BrickworkError(f"{path}: {name!r:.100} has {value.nbytes:,} bytes, which the file does not hold.")
    if value.is_complex():
        raise BrickworkError(
            f"{path}: expected tensors by name, of real numbers, but {name!r:.100} holds complex ones."
        )


def strip_prefixes(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names without the prefixes that more than half of them have, one after another; no two become one."""
    while prefix := _common_prefix(list(tensors)):
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return tensors


def _common_prefix(names: list[str]) -> str | None:
    for prefix in PREFIXES:
        count = sum(name.startswith(prefix) for name in names)
        if 2 * count > len(names) and len({name.removeprefix(prefix) for name in names}) == len(names):
            return prefix
    return None


def write_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """A .safetensors or .pth file, whole or not at all."""
    if path.suffix not in SUFFIXES:
        raise BrickworkError(f"{path}: weights are written to .safetensors and {', '.join(PICKLES[:2])} files.")
    if path.suffix == ".safetensors":
        content = safetensors_bytes(tensors, metadata={"format": "pt"})
    else:
        torch.save(tensors, buffer := BytesIO())
        content = buffer.getvalue()
    write_whole(path, content)
