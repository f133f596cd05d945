"""How to train, as a value and as TOML."""

import inspect
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, Literal, get_args, get_origin, get_type_hints

from brickwork.errors import BrickworkError, nearest

Optimizer = Literal["sgd", "adamw", "rmsprop", "muon"]
Schedule = Literal["onecycle", "cosine", "step", "exponential", "linear", "poly", "inverse", "constant"]
Policy = Literal["none", "randaugment", "trivialaugment"]
Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Recipe:
    """How to train. The default suits small images: `resnet20` on `fashion` is what it was chosen by."""

    # Steps
    epochs: int = 8  # times through the training images
    batch: int = 64  # images a step
    accumulate: int = 1  # parts in which a batch is computed one after another, where it does not fit into memory
    optimizer: Optimizer = "sgd"  # muon is for convolutions and dense layers; the rest is then left to adamw
    momentum: float = 0.9  # of sgd, rmsprop and muon; for adamw its first beta
    nesterov: bool = True  # with sgd and muon, look ahead by the momentum
    weight_decay: float = 5e-4  # share of a weight that is taken away, times the learning rate
    decay: Literal["weights", "all"] = "weights"  # of convolutions and dense layers; all: norms and biases, too
    clip: float = 0.0  # greatest length of the gradient of all weights together; 0 = any
    ema: float = 0.0  # decay of averaged weights, which are then validated and kept, such as 0.999; 0 = none

    # Learning rate
    lr: float = 0.1  # the highest learning rate of the schedule
    schedule: Schedule = "onecycle"  # onecycle also lowers the momentum where the rate is high
    warmup: float = 0.25  # share of the steps in which the learning rate rises
    milestones: Numbers = (0.5, 0.75)  # of step: the shares of the training after which the rate changes
    factor: Numbers = (0.1,)  # of step and exponential: what the rate is multiplied by; one, or one a milestone
    period: float = 2.0  # of exponential: the epochs after which the rate is multiplied, again and again
    power: float = 0.5  # of poly: lr (1 - done) ^ power; of inverse: lr (1 + done) ^ -power
    patience: int = 0  # epochs without a better validation after which the training ends; 0 = never

    # What is minimised
    loss: Literal["cross_entropy", "focal"] = "cross_entropy"  # focal gives easy images less weight
    gamma: float = 2.0  # of focal: how much less
    label_smoothing: float = 0.1  # share of each label that is spread over all classes
    class_weights: Literal["none", "balanced"] = "none"  # balanced: a rare class's images weigh more
    sampling: Literal["shuffled", "balanced"] = "shuffled"  # balanced: every class is seen equally often

    # Images
    fit: Literal["crop", "pad", "squash"] = "crop"  # how an image of another shape is brought to the network's
    flip: bool = True  # mirror half of the images; never done where the classes are digits or letters
    crop: int = 0  # shift each image by up to so many pixels; 4 suits 32x32 photographs and longer training
    scale: float = 1.0  # smallest share of an image's area that is cut out, such as 0.08; 1 = the whole image
    color: float = 0.0  # how far brightness, contrast and saturation vary, such as 0.4; 0 = not
    policy: Policy = "none"  # randaugment: two changes of medium strength; trivialaugment: one of any strength
    mixup: float = 0.0  # alpha with which two images and their labels are mixed, such as 0.2; 0 = not
    cutmix: float = 0.0  # alpha with which a part of another image is laid over one, such as 1; 0 = not
    erasing: float = 0.0  # probability that a rectangle of an image is erased
    resize_from: float = 1.0  # share of the input's side with which training begins; it grows to the whole

    # Beginning
    init: str = ""  # initialisation of the weights; empty takes the network's own
    weights: str = ""  # what to begin with: a .pth or .safetensors file, or published weights as resnet50.tv_in1k
    freeze: int = 0  # stages that do not learn, counted from the images; -1 = all, so that the head alone learns
    unfreeze: int = 0  # epochs after each of which one more of those stages learns; 0 = never
    layer_decay: float = 1.0  # each stage further from the head learns at a rate multiplied by this

    # Work
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"  # auto takes bf16 where the processor computes in it
    compile: bool = False  # have torch compile the network: minutes first, then faster steps on a GPU
    workers: int = -1  # processes that read images; -1 = as many as help
    cache: Literal["auto", "off", "always"] = "auto"  # keep decoded images on the disk; auto: on a quarter of it
    memory: float = 0.25  # share of the free memory that images may take
    checkpoint: int = 500  # steps between two checkpoints, besides that at the end of each epoch
    validation: float = 0.05  # share of the training images held out where the data has no val split
    seed: int = 0  # of the weights, the order of the images, and all that is done to them

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(Recipe).items():
            _check_type(name, getattr(self, name), kind)
        for name, (low, high) in BOUNDS.items():
            values = getattr(self, name)
            for value in values if isinstance(values, tuple) else (values,):
                if not low <= value <= high:
                    raise BrickworkError(f"recipe: {name} is between {low:g} and {high:g}, not {value}.")
        self._check_steps()

    def _check_steps(self) -> None:
        if any(later <= earlier for earlier, later in pairwise(self.milestones)):
            raise BrickworkError(f"recipe: milestones rise, as 0.5, 0.75 do: {number_list(self.milestones)} do not.")
        if len(self.factor) not in (1, len(self.milestones)):
            raise BrickworkError(
                f"recipe: factor is one number or one for each of the {len(self.milestones)} milestones, "
                f"not {len(self.factor)}."
            )

    def toml(self) -> str:
        """The recipe as TOML, each line with its field's meaning; `read` gives the same recipe back."""
        meanings, values = helps(), asdict(self)
        return "\n".join(
            f"# {title}\n" + "".join(f"{name} = {json.dumps(values[name])}  # {meanings[name]}\n" for name in names)
            for title, names in sections().items()
        )


BOUNDS: dict[str, tuple[float, float]] = {
    "epochs": (1, 1e6),
    "batch": (1, 1e6),
    "accumulate": (1, 1e6),
    "momentum": (0, 0.999),
    "weight_decay": (0, 1e3),
    "clip": (0, 1e6),
    "ema": (0, 0.999999),
    "lr": (1e-12, 1e6),
    "warmup": (0, 1),
    "milestones": (0, 1),
    "factor": (1e-6, 1e6),
    "period": (1e-3, 1e6),
    "power": (0, 100),
    "patience": (0, 1e6),
    "gamma": (0, 100),
    "label_smoothing": (0, 0.999),
    "crop": (0, 1e4),
    "scale": (0.001, 1),
    "color": (0, 1),
    "mixup": (0, 100),
    "cutmix": (0, 100),
    "erasing": (0, 1),
    "resize_from": (0.1, 1),
    "freeze": (-1, 1e3),
    "unfreeze": (0, 1e6),
    "layer_decay": (1e-3, 1),
    "workers": (-1, 1e3),
    "memory": (0.001, 0.95),
    "checkpoint": (1, 1e9),
    "validation": (0.001, 0.9),
    "seed": (0, 2**63 - 1),
}

KINDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a word",
    Numbers: "a list of numbers",
}


def _check_type(name: str, value: object, kind: Any) -> None:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            known = [str(choice) for choice in get_args(kind)]
            raise BrickworkError(f"recipe: {name} is one of {', '.join(known)}, not {value!r}.")
    elif not _fits(value, kind):
        raise BrickworkError(f"recipe: {name} is {KINDS[kind]}, not {value!r}.")


def _fits(value: object, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == Numbers:
        return isinstance(value, tuple) and value != () and all(_fits(number, float) for number in value)
    return type(value) is kind


def number_list(numbers: Numbers) -> str:
    """Numbers as a person writes them: "0.5, 0.75"."""
    return ", ".join(f"{number:g}" for number in numbers)


def parse_numbers(text: str) -> Numbers:
    """The numbers of a text such as "0.5, 0.75".

    Raises BrickworkError where one of them is none.
    """
    try:
        return tuple(float(word) for word in text.replace(",", " ").split())
    except ValueError:
        raise BrickworkError(
            f"recipe: {text!r} is no list of numbers: write them as {number_list((0.5, 0.75))}."
        ) from None


def parse_toml(text: str) -> dict[str, object]:
    """What a TOML text says, name by name. Raises BrickworkError where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise BrickworkError(f"recipe: this is no TOML: {fault}.") from None


def recipe_from(values: Mapping[str, Any]) -> Recipe:
    """The recipe with these values; what is left out has its default.

    Raises BrickworkError for an unknown name, with the nearest known one, and for a value that does not fit.
    """
    known = [field.name for field in fields(Recipe)]
    for name in values:
        if name not in known:
            raise BrickworkError(f"recipe: there is no {name!r}: {nearest(name, known)}")
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Recipe(**{**values, **lists})


def recipe_from_toml(text: str) -> Recipe:
    """The recipe that `Recipe.toml` wrote; see `made`."""
    return recipe_from(parse_toml(text))


def helps() -> dict[str, str]:
    """What each field means: the comments beside the fields."""
    found = [re.match(r"    (\w+): .*?  # (.+)", line) for line in inspect.getsource(Recipe).splitlines()]
    return {match[1]: match[2] for match in found if match}


def sections() -> dict[str, tuple[str, ...]]:
    """The fields under each heading: the comments above the fields."""
    found: dict[str, tuple[str, ...]] = {}
    title = ""
    for line in inspect.getsource(Recipe).splitlines():
        if heading := re.match(r"    # (.+)", line):
            title = heading[1]
        elif field := re.match(r"    (\w+): .*?  # ", line):
            found[title] = (*found.get(title, ()), field[1])
    return found
