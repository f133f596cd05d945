"""A recipe: how to train, as a value and as TOML."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from brickwork.documents import read_bounded
from brickwork.errors import BrickworkError, nearest
from brickwork.recipe.option import (
    Numbers,
    Option,
    by_heading,
    check_bounds,
    check_type,
    number_list,
    option,
    options_of,
)

Optimizer = Literal["sgd", "adamw", "rmsprop", "muon"]
Schedule = Literal["onecycle", "cosine", "step", "exponential", "linear", "poly", "inverse", "constant"]
RangeWord = Literal["file", "set", "percentiles"]
NormKind = Literal["torch", "plain", "ghost", "frozen", "sync"]
Reduce = Literal["all", "ordered"]
Policy = Literal["none", "randaugment", "trivialaugment"]

RANGES: tuple[RangeWord, ...] = get_args(RangeWord)
MOST = 1 << 16  # bytes of a recipe's file: one with all of its words has 4,500
REPR = 390  # characters of a repr at most


@dataclass(frozen=True, repr=False)
class Recipe:
    """How to train. The default suits small images: `resnet20` on `fashion` is what it was chosen by."""

    epochs: int = option(8, "epochs: times through the training images", low=1, high=1e6, heading="Optimizer")
    batch: int = option(64, "batch size: images a step", low=1, high=1e6)
    accumulate: int = option(
        1, "gradient accumulation: micro-batches of a batch, computed in turn to save memory", low=1, high=1e6
    )
    reduce: Reduce = option(
        "all", "how processes sum gradients: all, by all-reduce; ordered: the same bits for any number of processes"
    )
    optimizer: Optimizer = option("sgd", "muon is for convolutions and dense layers; the rest is then left to adamw")
    momentum: float = option(0.9, "of sgd, rmsprop and muon; for adamw its first beta", low=0, high=0.999)
    nesterov: bool = option(True, "with sgd and muon, look ahead by the momentum")
    weight_decay: float = option(
        5e-4, "weight decay: share of a weight that is taken away, times the learning rate", low=0, high=1e3
    )
    decay: Literal["weights", "all"] = option(
        "weights", "weight decay of convolutions and dense layers; all: norms and biases, too"
    )
    clip: float = option(0.0, "max gradient norm, of all weights together; 0 = any", low=0, high=1e6)
    ema: float = option(
        0.0, "decay of the weights' exponential moving average (EMA), such as 0.999; 0 = none", low=0, high=0.999999
    )

    lr: float = option(0.1, "the highest learning rate of the schedule", low=1e-12, high=1e6, heading="Learning rate")
    schedule: Schedule = option(
        "onecycle", "learning rate schedule; onecycle also lowers the momentum where the rate is high"
    )
    warmup: float = option(0.25, "warm-up: share of the steps in which the learning rate rises", low=0, high=1)
    milestones: Numbers = option(
        (0.5, 0.75), "of step: the shares of the training after which the rate changes", low=0, high=1
    )
    factor: Numbers = option(
        (0.1,), "of step and exponential: what the rate is multiplied by; one, or one a milestone", low=1e-6, high=1e6
    )
    period: float = option(
        2.0, "of exponential: the epochs after which the rate is multiplied, again and again", low=1e-3, high=1e6
    )
    power: float = option(0.5, "of poly: lr (1 - done) ^ power; of inverse: lr (1 + done) ^ -power", low=0, high=100)
    patience: int = option(
        0, "early stopping: epochs without a better validation that end the training; 0 = never", low=0, high=1e6
    )

    loss: Literal["cross_entropy", "focal"] = option(
        "cross_entropy", "focal gives easy images less weight", heading="Loss and sampling"
    )
    gamma: float = option(2.0, "of focal: how much less", low=0, high=100)
    label_smoothing: float = option(
        0.1, "label smoothing: share of each target that is spread over all classes", low=0, high=0.999
    )
    class_weights: Literal["none", "balanced"] = option("none", "balanced: a rare class's images weigh more")
    sampling: Literal["shuffled", "balanced"] = option("shuffled", "balanced: every class is seen equally often")

    window: int = option(
        -1,
        "images of shards that are shuffled together, so that these are read in long pieces; 0 = all images; "
        "-1 = 8192 of shards that fit neither memory nor cache",
        low=-1,
        high=1e9,
    )

    fit: Literal["crop", "pad", "squash"] = option(
        "crop", "how an image of another shape is brought to the network's", heading="Images and augmentation"
    )
    range: str = option(
        "file",
        "white of more than 8 bits: file, as it states or can hold; 4095 or 100,4095; set: all training images' lowest "
        "to highest; percentiles: each image's own",
    )
    flip: bool = option(True, "horizontal flip of half of the images; never where the classes are digits or letters")
    crop: int = option(
        0, "random crop: shift by up to so many pixels; 4 suits 32x32 photographs and longer training", low=0, high=1e4
    )
    scale: float = option(
        1.0, "RandomResizedCrop: least share of the area that is cut out, as 0.08; 1 = all of it", low=1e-3, high=1
    )
    color: float = option(
        0.0, "color jitter: how far brightness, contrast and saturation vary, such as 0.4; 0 = not", low=0, high=1
    )
    policy: Policy = option(
        "none", "augmentation policy: randaugment, two changes of medium strength; trivialaugment, one of any"
    )
    mixup: float = option(
        0.0, "mixup: alpha with which two images and their targets are mixed, such as 0.2; 0 = not", low=0, high=100
    )
    cutmix: float = option(
        0.0, "cutmix: alpha with which a part of another image is laid over one, such as 1; 0 = not", low=0, high=100
    )
    erasing: float = option(0.0, "random erasing: probability that a rectangle of an image is erased", low=0, high=1)
    resize_from: float = option(
        1.0, "progressive resizing: share of the input's side to begin with; it grows to the whole", low=0.1, high=1
    )

    norm: NormKind = option(
        "torch",
        "batch norm: plain, written out; ghost, over parts of a micro-batch; frozen, by its averages, as they are; "
        "sync, over what all processes compute at a time, whose number then changes the result",
        heading="Batch norm",
    )
    ghost: int = option(32, "of ghost: the images of a part", low=1, high=1e6)

    init: str = option(
        "", "initialisation of the weights; empty takes the network's own", heading="Initial weights and fine-tuning"
    )
    weights: str = option(
        "", "what to begin with: a .pth or .safetensors file, or published weights as resnet50.tv_in1k"
    )
    freeze: int = option(
        0,
        "frozen stages, counted from the input, which do not learn; -1 = all, so that the head alone learns",
        low=-1,
        high=1000,
    )
    unfreeze: int = option(
        0, "gradual unfreezing: epochs after each of which one more frozen stage learns; 0 = never", low=0, high=1e6
    )
    layer_decay: float = option(
        1.0, "layer-wise decay: each stage further from the head learns at a rate multiplied by this", low=1e-3, high=1
    )

    precision: Literal["auto", "bf16", "fp16", "fp32"] = option(
        "auto",
        "mixed precision; auto takes bf16 where the processor computes in it",
        heading="Precision, data loading, checkpoints",
    )
    compile: bool = option(False, "torch.compile the network: minutes first, then faster steps on a GPU")
    workers: int = option(-1, "worker processes that read and transform images; -1 = as many as help", low=-1, high=1e3)
    threads: int = option(
        0, "threads that compute; 0 = one for each core. Another number changes the last bits", low=0, high=1e3
    )
    cache: Literal["auto", "off", "always"] = option(
        "auto", "keep decoded images on the disk; auto: on a quarter of it"
    )
    memory: float = option(0.25, "share of the free memory that images may take", low=1e-3, high=0.95)
    checkpoint: int = option(500, "steps between checkpoints, besides that at the end of each epoch", low=1, high=1e9)
    validation: float = option(
        0.05, "share of the training images held out where the data has no val split", low=1e-3, high=0.9
    )
    seed: int = option(
        0, "random seed of the weights, the order of the images, and their augmentation", low=0, high=2**63 - 1
    )

    def __post_init__(self) -> None:
        for check in (check_type, check_bounds):
            for field in options_of(Recipe):
                check(field, getattr(self, field.name))
        _check_steps(self.milestones, self.factor)
        if self.window > 0 and self.sampling == "balanced":
            raise BrickworkError("recipe: sampling=balanced takes images from any shard at any time: window is 0.")
        parse_range(self.range)

    def __repr__(self) -> str:
        """What differs from the default: Recipe(epochs=3, lr=0.05)."""
        values = [(field, getattr(self, field.name)) for field in options_of(Recipe)]
        changes = [f"{field.name}={value!r}" for field, value in values if value != field.default]
        text = f"Recipe({', '.join(changes)})"
        return text if len(text) <= REPR else f"{text[: REPR - 4]}...)"

    def toml(self) -> str:
        """The recipe as TOML, each line with its field's help; `recipe_from_toml` gives the same recipe back."""
        sections = by_heading(options_of(Recipe)).items()
        return "\n".join(f"# {heading}\n{''.join(map(self._toml_line, fields))}" for heading, fields in sections)

    def _toml_line(self, field: Option) -> str:
        return f"{field.name} = {json.dumps(getattr(self, field.name))}  # {field.help}\n"

    @classmethod
    def read(cls, path: str | Path) -> "Recipe":
        """The recipe in a TOML file, such as a run's recipe.toml; what the file leaves out has its default.

        Raises BrickworkError for a file that cannot be read, that is no recipe, or that extends another one:
        `recipe_for` reads those, for which the network must be known.
        """
        values = read_toml(path)
        if "extends" in values:
            raise BrickworkError(f"{path} extends {values['extends']!r}, as suits a network: recipe_for reads it.")
        return recipe_from(values)


def parse_range(text: str) -> tuple[float, float] | RangeWord:
    """What is black and what is white, of "4095" or "100,4095", or one of the words; raises BrickworkError."""
    if word := next((known for known in RANGES if known == text), None):
        return word
    try:
        *lows, high = map(float, text.split(","))
        low = lows[0] if lows else 0.0
        if len(lows) < 2 and isfinite(low) and isfinite(high) and low < high:
            return low, high
    except ValueError:
        pass
    raise BrickworkError(
        f"recipe: range is file, set, percentiles, or a number such as 4095 or 100,4095, not {text!r:.80}."
    )


def _check_steps(milestones: Numbers, factor: Numbers) -> None:
    if any(later <= earlier for earlier, later in pairwise(milestones)):
        raise BrickworkError(f"recipe: milestones rise, as 0.5, 0.75 do: {number_list(milestones)} do not.")
    if len(factor) not in (1, len(milestones)):
        raise BrickworkError(
            f"recipe: factor is one number or one for each of the {len(milestones)} milestones, not {len(factor)}."
        )


def recipe_from(values: Mapping[str, Any]) -> Recipe:
    """The recipe with these values; what is left out has its default.

    Raises BrickworkError for an unknown name, with the nearest known one, and for a value that does not fit.
    """
    known = [field.name for field in options_of(Recipe)]
    for name in values:
        if name not in known:
            raise BrickworkError(f"recipe: there is no {name!r:.80}: {nearest(name[:80], known)}")
    return Recipe(**{name: _field_value(value) for name, value in values.items()})


def _field_value(value: object) -> Any:
    """A value as a field has it: a list as a tuple, the path of a file of weights as str."""
    return tuple(value) if isinstance(value, list) else str(value) if isinstance(value, Path) else value


def recipe_from_toml(text: str) -> Recipe:
    """The recipe that `Recipe.toml` wrote; see `recipe_from`."""
    return recipe_from(parse_toml(text))


def parse_toml(text: str) -> dict[str, Any]:
    """A TOML text's values by name.

    Raises BrickworkError where it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise BrickworkError("recipe: this is no TOML: its brackets are too deep.") from None
    except ValueError as fault:  # of a number of 5,000 digits, too
        raise BrickworkError(f"recipe: this is no TOML: {fault!s:.300}.") from None


def read_toml(path: str | Path) -> dict[str, Any]:
    """A TOML file's values by name.

    Raises BrickworkError for a file that cannot be read, and for one that is no TOML.
    """
    try:
        return parse_toml(read_bounded(Path(path), MOST))
    except OSError as fault:
        raise BrickworkError(f"the recipe {path} cannot be read: {fault.strerror or fault}.") from None
    except UnicodeDecodeError:
        raise BrickworkError(f"the recipe {path} is no text in UTF-8.") from None
    except ValueError as fault:
        raise BrickworkError(f"the recipe {path} cannot be read: {fault}.") from None
