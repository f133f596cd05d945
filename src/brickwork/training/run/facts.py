"""The facts of a checkpoint as dataclasses, to be checked before a training goes on from them."""

from dataclasses import dataclass
from typing import Any

from brickwork.data.preprocessing import Preprocessing
from brickwork.documents import decode_object
from brickwork.errors import BrickworkError
from brickwork.training.run.checkpoint import State
from brickwork.training.run.folder import Epoch


@dataclass(frozen=True)
class LoopFacts:
    """What a training loop knows besides its tensors."""

    sum: float  # of the losses of the epoch under way
    scaler: dict[str, float]


@dataclass(frozen=True)
class CheckpointFacts:
    """What a training writes into each checkpoint."""

    epochs: tuple[dict[str, Any], ...]
    seconds: float
    preprocessing: dict[str, Any]
    data: str
    recipe: dict[str, Any]
    model: str
    machine: dict[str, Any]
    loop: dict[str, Any]


def check_facts(state: State) -> None:
    """Raises BrickworkError where a checkpoint's facts are not what a training writes."""
    try:
        facts = decode_object(CheckpointFacts, state.facts)
        Preprocessing.read(facts.preprocessing)
        loop = decode_object(LoopFacts, facts.loop)
        epochs = [decode_object(Epoch, epoch) for epoch in facts.epochs]
        if [epoch.epoch for epoch in epochs] != list(range(1, len(epochs) + 1)):
            raise ValueError("its epochs are not numbered from 1")
        if any(type(value) not in (int, float) for value in loop.scaler.values()):
            raise ValueError("the gradient scaler's state holds more than numbers")
    except (BrickworkError, ValueError) as fault:
        raise BrickworkError(f"the facts of the checkpoint of step {state.step} are damaged: {fault}.") from None
