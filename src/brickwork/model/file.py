"""The model file: weights, and as JSON the network, the class names, the preprocessing and the training record.

One safetensors file: no code, no pickle. Everything that `evaluate` and `predict` need is inside.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as short_repr
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor, nn

from brickwork.documents import escape_line, parse_json
from brickwork.errors import BrickworkError
from brickwork.files import neighbour, write_whole
from brickwork.machine import usable_memory
from brickwork.model.model import Model, check_weights, unwrap_model
from brickwork.network import Layer, Network, cost, from_json, to_json
from brickwork.network.limits import check_limits
from brickwork.network.serialize import ATOMS, UnknownLayer
from brickwork.validate import validate_fields

FORMAT = "1"  # raised when a file of today could no longer be read


@dataclass(frozen=True, repr=False)
class ModelFile:
    """Model file in memory: model (in evaluation mode), class names, preprocessing, training record.

    Raises BrickworkError where the names of the classes are not as many as the network tells apart.
    """

    model: Model
    classes: tuple[str, ...]
    preprocessing: dict[str, Any]
    record: dict[str, Any]  # how it was trained

    def __post_init__(self) -> None:
        validate_fields(self)
        count = self.model.network.classes
        if len(self.classes) != count:
            raise BrickworkError(f"expected the names of {count} classes, found {list(self.classes)!r:.100}.")

    def __repr__(self) -> str:
        return f"ModelFile({self.model.network}: {short_repr(self.classes)})"


def save(
    path: str | Path,
    model: nn.Module,
    *,
    classes: Sequence[str] | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    record: Mapping[str, Any] | None = None,
) -> None:
    """Save a model file, whole or not at all.

    Without `classes` their names are their numbers, "0", "1" and so on; without `preprocessing` an image is resized
    and cropped to the network's input, its pixels in 0..1. `record` says how the model was trained, if it was. A model
    inside torch.compile, DataParallel or DDP is taken out. Raises BrickworkError, before there is a file, where the
    classes are not as many as the network's, the weights are not those of the network, or some are not numbers.
    """
    path = Path(path)
    try:
        bare = unwrap_model(model)
        file = _describe(bare, classes, preprocessing, record)
        content = safetensors_bytes({n: t.cpu().contiguous() for n, t in check_weights(bare).items()}, _metadata(file))
    except (BrickworkError, TypeError, ValueError) as fault:
        raise BrickworkError(f"{path}: {fault}") from None
    write_whole(path, content)


def _describe(
    model: Model,
    classes: Sequence[str] | None,
    preprocessing: Mapping[str, Any] | None,
    record: Mapping[str, Any] | None,
) -> ModelFile:
    network = model.network
    names = tuple(map(str, range(network.classes)) if classes is None else classes)
    steps = plain_preprocessing(network) if preprocessing is None else dict(preprocessing)
    own = {type(layer) for _, layer in network.layers()} - set(ATOMS.values())
    if from_json(to_json(network), tuple(own)) != network:  # as `load` will
        raise BrickworkError(f"{network.name} does not come back from JSON as it was: are its layers frozen values?")
    return ModelFile(model, names, steps, dict(record or {}))


def plain_preprocessing(network: Network) -> dict[str, Any]:
    """Preprocessing without a data set's mean and deviation: a centre crop of the input's size, pixels in 0..1."""
    channels, height, width = network.input
    size = {"channels": channels, "height": height, "width": width}
    return {**size, "mean": [0.0] * channels, "std": [1.0] * channels, "fit": "crop", "interpolation": "bilinear"}


def _metadata(file: ModelFile) -> dict[str, str]:
    return {
        "brickwork": FORMAT,
        "network": to_json(file.model.network),
        "classes": plain_json(file.classes),
        "preprocessing": plain_json(file.preprocessing),
        "record": plain_json(file.record),
    }


def plain_json(value: object) -> str:
    """The value as JSON that `load` reads back; raises ValueError where it would not."""
    text = json.dumps(value, allow_nan=False)
    parse_json(text)
    return text


def load(path: str | Path, own: Sequence[type[Layer]] = ()) -> ModelFile:
    """Load the model file at `path`; `own` are your own layer classes, if the network has any.

    Control and direction characters in the names of classes are escapes then, as they are in those of data. Raises
    BrickworkError where the file is missing, damaged, or not a model file.
    """
    path = Path(path)
    metadata, weights = _read_file(path)
    if metadata.get("brickwork") != FORMAT:
        raise BrickworkError(f"{path}: a safetensors file, but not a model file that brickwork wrote.")
    try:
        network = from_json(metadata["network"], own)
        _count(network, weights)
        check_limits(network, usable_memory())
        classes, preprocessing, record = (parse_json(metadata[name]) for name in ("classes", "preprocessing", "record"))
        if not isinstance(classes, list):
            raise BrickworkError(f"expected the names of {network.classes} classes, found {classes!r:.100}.")
        file = ModelFile(Model(network).eval(), tuple(map(_class_name, classes)), preprocessing, record)
    except UnknownLayer as fault:
        raise UnknownLayer(f"{path}: {fault}") from None
    except (BrickworkError, KeyError, ValueError) as fault:
        raise BrickworkError(f"{path}: the model file is damaged: {fault}") from None
    _fill(path, file.model, weights)
    return file


def _class_name(name: Any) -> Any:
    """The name of a class in one line, as terminals take it; what is no text is left for `ModelFile` to refuse."""
    return escape_line(name) if isinstance(name, str) else name


def _count(network: Network, weights: dict[str, Tensor]) -> None:
    """Raises BrickworkError where the file has fewer numbers than its network has parameters, before any is built."""
    wanted = cost(network).params_with_side_heads
    stored = sum(tensor.numel() for tensor in weights.values())
    if wanted > stored:
        raise BrickworkError(f"its network has {wanted:,} parameters, and the file holds {stored:,} numbers.")


def _read_file(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    if not path.is_file():
        raise BrickworkError(
            f"{path}: no such model file. 'brickwork train' writes one as runs/NAME/model.safetensors.{_advice(path)}"
        )
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as fault:
        raise BrickworkError(f"{path}: not a model file, or a damaged one ({fault}).") from None


def _advice(path: Path) -> str:
    """What may have been meant by a path that is no model file: one of nearly that name, or of the parts before it."""
    if path.is_dir():
        return f" {path} is a folder without one."
    near = next(filter(None, (neighbour(place) for place in (path, *path.parents[:2]) if not place.exists())), None)
    return f" Did you mean {near}?" if near else ""


def _fill(path: Path, model: Model, weights: dict[str, Tensor]) -> None:
    """Loads weights whose names and shapes all agree with the network's."""
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    stored = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    for name in [*wanted, *stored]:
        if wanted.get(name) != stored.get(name):
            raise BrickworkError(
                f"{path}: the model file is damaged: its network has {name} as {wanted.get(name, 'nothing')}, "
                f"its weights as {stored.get(name, 'nothing')}."
            )
    model.load_state_dict(weights)
    for name, tensor in model.state_dict().items():
        if not tensor.isfinite().all():
            raise BrickworkError(f"{path}: {name} holds numbers that are infinite or not numbers (NaN).")
