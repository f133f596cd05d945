"""Memory of a training step: weights, gradients, optimizer, what is kept for backward, and the largest working pair."""

from dataclasses import asdict, dataclass
from math import prod
from typing import Literal, get_args

from brickwork.errors import BrickworkError
from brickwork.network.cost import cost, stage_of
from brickwork.network.layers import BatchNorm, Conv, Linear
from brickwork.network.memory.rules import FLOAT
from brickwork.network.memory.trace import trace
from brickwork.network.network import Network
from brickwork.network.propagate import Row

Precision = Literal["fp32", "bf16"]
Optimizer = Literal["sgd", "adamw", "rmsprop", "muon"]
Device = Literal["cuda", "cpu"]

STATES = {"sgd": 1, "adamw": 2, "rmsprop": 2, "muon": 2}  # numbers that an optimizer remembers of each weight
OF_HIDDEN = {**STATES, "muon": 1}  # of the weights between the first layer and the logits


@dataclass(frozen=True, repr=False)
class Memory:
    """Bytes of a training step. Convolutions' workspaces, and what the process needs besides, come on top."""

    batch: int
    weights: int  # and the running averages of norms
    gradients: int
    optimizer: int
    kept: int  # for the backward pass
    working: int  # the largest pair of a layer's input and output, or of their gradients

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.kept + self.working

    def to_dict(self) -> dict[str, int]:
        return {**asdict(self), "total": self.total}

    def __repr__(self) -> str:
        return f"Memory({', '.join(f'{name}={value:_}' for name, value in self.to_dict().items())})"


def training_memory(
    network: Network,
    batch: int,
    *,
    precision: Precision = "fp32",
    optimizer: Optimizer = "sgd",
    ema: bool = False,
    device: Device = "cuda",
) -> Memory:
    """What a training step on so many images takes; `ema` is an average of the weights beside them.

    Side heads, which run in training, are included. bf16 is autocast: weights, gradients and optimizer stay float32.
    Raises BrickworkError where the input does not fit.
    """
    check_words(precision, optimizer, device)
    if batch < 0:
        raise BrickworkError(f"a batch has 0 images or more, not {batch}.")
    total = cost(network)
    run = trace(network, half=precision == "bf16", mask=1 if device == "cuda" else None)
    rows = total.rows_with_side_heads
    weights, averages = FLOAT * total.params_with_side_heads, FLOAT * sum(map(running_averages, rows))
    return Memory(
        batch,
        (weights + averages) * (2 if ema else 1),
        weights,
        FLOAT * optimizer_numbers(rows, optimizer),
        run.fixed + batch * sum(run.kept.values()),
        batch * run.pair,
    )


def check_words(precision: str, optimizer: str, device: str) -> None:
    words = {"precision": (precision, Precision), "optimizer": (optimizer, Optimizer), "device": (device, Device)}
    for name, (word, kinds) in words.items():
        if word not in (known := get_args(kinds)):
            raise BrickworkError(f"{name} {word!r:.80} is none of {', '.join(known)}.")


def running_averages(row: Row) -> int:
    """A batch norm's running means and variances."""
    return 2 * row.input[0] if isinstance(row.parts[0], BatchNorm) else 0


def optimizer_numbers(rows: list[Row], optimizer: Optimizer) -> int:
    """The numbers that an optimizer remembers of all weights, momentum included."""
    hidden = sum(hidden_weights(rows))
    return STATES[optimizer] * (sum(row.params for row in rows) - hidden) + OF_HIDDEN[optimizer] * hidden


def hidden_weights(rows: list[Row]) -> list[int]:
    """The weights, without biases, of convolutions and dense layers but the first, and but those that make logits."""
    places = [number for number, row in enumerate(rows) if isinstance(row.parts[0], Conv | Linear)]
    last = {stage_of(rows[number].path): number for number in places}
    logits = {number for name, number in last.items() if name in heads_of(rows)}
    inner = [rows[number] for number in places[1:] if number not in logits]
    return [
        prod(layer.weights(row.input)["weight"]) for row in inner if isinstance(layer := row.parts[0], Conv | Linear)
    ]


def heads_of(rows: list[Row]) -> set[str]:
    """The head and what follows it, the side heads."""
    names = list(dict.fromkeys(stage_of(row.path) for row in rows))
    return set(names[names.index("head") :]) if "head" in names else set()


def largest_batch(
    network: Network,
    memory: int,
    *,
    precision: Precision = "fp32",
    optimizer: Optimizer = "sgd",
    ema: bool = False,
    device: Device = "cuda",
) -> int:
    """The most images whose training step takes so many bytes at most; 0 where not even one does."""

    def total(batch: int) -> int:
        made = training_memory(network, batch, precision=precision, optimizer=optimizer, ema=ema, device=device)
        return made.total

    fixed = total(0)
    return max(0, memory - fixed) // (total(1) - fixed)
