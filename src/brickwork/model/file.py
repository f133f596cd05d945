"""The model file: weights, and as JSON the network, the class names, the preprocessing and the training record.

One safetensors file: no code, no pickle. Everything that `evaluate` and `predict` need is inside.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.files import write_whole
from brickwork.model.model import Model
from brickwork.network import Layer, Network, cost, from_json, to_json

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


def load(path: str | Path, own: Sequence[type[Layer]] = ()) -> ModelFile:
    """The model file at `path`; `own` are your own layer classes, if the network has any.

    Raises BrickworkError where the file is missing, damaged, or not a model file.
    """
    path = Path(path)
    metadata, weights = _read_file(path)
    if metadata.get("brickwork") != FORMAT:
        raise BrickworkError(f"{path}: a safetensors file, but not a model file that brickwork wrote.")
    try:
        network = from_json(metadata["network"], own)
        _count(network, weights)
        model = Model(network).eval()
        words = _words(metadata, network.classes)
    except (BrickworkError, KeyError, ValueError, RecursionError) as fault:
        raise BrickworkError(f"{path}: the model file is damaged: {fault}") from None
    _fill(path, model, weights)
    return ModelFile(model, *words)


def _count(network: Network, weights: dict[str, Tensor]) -> None:
    """By arithmetic, before a network that the file's weights cannot fill takes memory."""
    wanted, found = cost(network).params_with_side_heads, sum(tensor.numel() for tensor in weights.values())
    if wanted > found:
        raise BrickworkError(f"its network has {wanted:,} parameters, and the file holds {found:,} numbers.")


def _words(metadata: dict[str, str], count: int) -> tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]:
    classes, preprocessing, record = (json.loads(metadata[name]) for name in ("classes", "preprocessing", "record"))
    if not isinstance(classes, list) or len(classes) != count or not all(isinstance(name, str) for name in classes):
        raise BrickworkError(f"expected the names of {count} classes, found {classes!r:.100}.")
    for name, found in (("preprocessing", preprocessing), ("record", record)):
        if not isinstance(found, dict):
            raise BrickworkError(f"expected the {name} as a JSON object, found {found!r:.100}.")
    return tuple(classes), preprocessing, record


def _read_file(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
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
    for name, tensor in model.state_dict().items():
        if not tensor.isfinite().all():
            raise BrickworkError(f"{path}: {name} holds numbers that are infinite or not numbers (NaN).")
