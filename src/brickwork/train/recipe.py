"""How to train, as a value and as TOML."""

import inspect
import json
import re
import tomllib
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from brickwork.errors import BrickworkError, nearest


@dataclass(frozen=True)
class Recipe:
    """How to train. The default suits small images: `resnet20` on `fashion` is what it was chosen by."""

    epochs: int = 8  # times through the training images
    batch: int = 64  # images a step
    optimizer: Literal["sgd", "adamw"] = "sgd"  # sgd is with Nesterov momentum
    lr: float = 0.1  # the highest learning rate of the schedule
    momentum: float = 0.9  # of sgd; for adamw its first beta
    weight_decay: float = 5e-4  # of the weights of convolutions and dense layers; norms and biases have none
    schedule: Literal["onecycle", "cosine"] = "onecycle"  # onecycle also lowers the momentum where the rate is high
    warmup: float = 0.25  # share of the steps in which the learning rate rises
    label_smoothing: float = 0.1  # share of each label that is spread over all classes
    flip: bool = True  # mirror half of the images; never done where the classes are digits or letters
    crop: int = 0  # shift each image by up to so many pixels; 4 suits 32x32 photographs and longer training
    precision: Literal["auto", "bf16", "fp32"] = "auto"  # auto takes bf16 where the processor computes in it
    init: str = ""  # initialisation of the weights; empty takes the network's own
    weights: str = ""  # what to begin with: a .pth or .safetensors file, or published weights as resnet50.tv_in1k
    validation: float = 0.05  # share of the training images held out where the data has no val split
    seed: int = 0  # of the weights, the order of the images, their flips and shifts

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(Recipe).items():
            _check_type(name, getattr(self, name), kind)
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BrickworkError(f"recipe: {name} is between {low:g} and {high:g}, not {value}.")

    def toml(self) -> str:
        """The recipe as TOML, each line with its field's meaning; `read` gives the same recipe back."""
        meanings = helps()
        return "".join(f"{name} = {json.dumps(value)}  # {meanings[name]}\n" for name, value in asdict(self).items())


BOUNDS: dict[str, tuple[float, float]] = {
    "epochs": (1, 1e6),
    "batch": (1, 1e6),
    "lr": (1e-12, 1e6),
    "momentum": (0, 0.999),
    "weight_decay": (0, 1e3),
    "warmup": (0, 1),
    "label_smoothing": (0, 0.999),
    "crop": (0, 1e4),
    "validation": (0.001, 0.9),
    "seed": (0, 2**63 - 1),
}


def _check_type(name: str, value: object, kind: Any) -> None:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            known = [str(choice) for choice in get_args(kind)]
            raise BrickworkError(f"recipe: {name} is one of {', '.join(known)}, not {value!r}.")
        return
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
    fits = isinstance(value, int | float) and not isinstance(value, bool) if kind is float else type(value) is kind
    if not fits:
        raise BrickworkError(f"recipe: {name} is {words[kind]}, not {value!r}.")


def read(text: str) -> Recipe:
    """The recipe that `Recipe.toml` wrote; what is left out has its default.

    Raises BrickworkError for an unknown name, with the nearest known one, and for a value that does not fit.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise BrickworkError(f"recipe: this is no TOML: {fault}.") from None
    known = [field.name for field in fields(Recipe)]
    for name in values:
        if name not in known:
            raise BrickworkError(f"recipe: there is no {name!r}: {nearest(name, known)}")
    return Recipe(**values)


def helps() -> dict[str, str]:
    """What each field means: the comments beside the fields."""
    lines = inspect.getsource(Recipe).splitlines()
    found = [re.match(r"    (\w+): .*?  # (.+)", line) for line in lines]
    return {match[1]: match[2] for match in found if match}
