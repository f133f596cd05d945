"""The model file: weights, and as JSON the network, the class names, the preprocessing and the training record.

One safetensors file: no code, no pickle. Everything that `evaluate` and `predict` need is inside.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.model.model import Model
from brickwork.network import Layer, from_json, to_json

FORMAT = "1"  # raised when a file of today could no longer be read


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds; the model is in evaluation mode."""

    model: Model
    classes: tuple[str, ...]
    preprocessing: dict[str, Any]
    record: dict[str, Any]  # how it was trained


def save(
    path: Path, model: Model, *, classes: Sequence[str], preprocessing: Mapping[str, Any], record: Mapping[str, Any]
) -> None:
    """Writes a model file, whole or not at all."""
    if len(classes) != model.network.classes:
        raise BrickworkError(f"{path}: the network tells {model.network.classes} classes apart, not {len(classes)}.")
    metadata = {
        "brickwork": FORMAT,
        "network": to_json(model.network),
        "classes": json.dumps(list(classes)),
        "preprocessing": json.dumps(dict(preprocessing)),
        "record": json.dumps(dict(record)),
    }
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    write_whole(path, safetensors_bytes(weights, metadata))


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that is whole or absent: beside its place, synced, renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: str | Path, own: Sequence[type[Layer]] = ()) -> ModelFile:
    """The model file at `path`; `own` are your own layer classes, if the network has any.

    Raises BrickworkError where the file is missing, damaged, or not a model file.
    """
    path = Path(path)
    metadata, weights = _read(path)
    if metadata.get("brickwork") != FORMAT:
        raise BrickworkError(f"{path}: a safetensors file, but not a model file that brickwork wrote.")
    try:
        model = Model(from_json(metadata["network"], own))
        words = {name: json.loads(metadata[name]) for name in ("classes", "preprocessing", "record")}
    except (BrickworkError, KeyError, ValueError) as fault:
        raise BrickworkError(f"{path}: the model file is damaged: {fault}") from None
    _fill(path, model, weights)
    return ModelFile(model.eval(), tuple(words["classes"]), words["preprocessing"], words["record"])


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    if not path.is_file():
        raise BrickworkError(
            f"{path}: no such model file. 'brickwork train' writes one as runs/NAME/model.safetensors."
        )
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as fault:
        raise BrickworkError(f"{path}: not a model file, or a damaged one ({fault}).") from None


def _fill(path: Path, model: Model, weights: dict[str, Tensor]) -> None:
    """Loads weights whose names and shapes all agree with the network's."""
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    for name in [*wanted, *found]:
        if wanted.get(name) != found.get(name):
            raise BrickworkError(
                f"{path}: the model file is damaged: its network has {name} as {wanted.get(name, 'nothing')}, "
                f"its weights as {found.get(name, 'nothing')}."
            )
    model.load_state_dict(weights)
