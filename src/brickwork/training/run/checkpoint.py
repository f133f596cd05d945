"""Checkpoints: everything that a training needs to go on, in files that are whole or are not believed.

A checkpoint is two files: NUMBER.safetensors, with tensors and, as JSON, what else is known; and NUMBER.sha256, its
sum in the form of `sha256sum -c`. Each is written beside its place, synced and renamed, the sum last. A checkpoint
exists where the sum that its file has is, byte for byte, the one that is written down.
"""

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as tensors_of
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from brickwork.documents import parse_json
from brickwork.errors import BrickworkError
from brickwork.files import is_link, read_plain, write_whole
from brickwork.training.run.parts import is_partial, list_names, step_of

LENGTH = 8  # bytes before the header of a safetensors file, which are its length


@dataclass(frozen=True, eq=False)
class State:
    """A training after some of its steps."""

    step: int  # steps taken
    tensors: dict[str, Tensor]
    facts: dict[str, Any]  # plain data for JSON; floats keep every bit


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints in one folder."""

    folder: Path

    def path(self, step: int) -> Path:
        return self.folder / f"{step:08}.safetensors"

    def steps(self) -> list[int]:
        """The steps of which there is a file, whole or not, in ascending order."""
        steps = [step_of(name) for name in list_names(self.folder) if name.endswith(".safetensors")]
        return sorted(step for step in steps if step is not None)

    def last_step(self) -> int:
        """The last step of which there is a file; -1 where there is none."""
        return max(self.steps(), default=-1)

    def write(self, state: State) -> None:
        """Write a checkpoint, whole or not at all; raises BrickworkError where it cannot."""
        if is_link(self.folder):
            raise BrickworkError(f"{self.folder} has become a link: nothing is written where it leads.")
        path = self.path(state.step)
        content = serialize_state(state)
        write_whole(path, content)
        write_whole(path.with_suffix(".sha256"), sum_line(path, content))

    def read(self, step: int) -> State:
        """The checkpoint of a step; raises BrickworkError where it is missing or damaged."""
        path = self.path(step)
        try:
            content = read_plain(path)
            written = read_plain(path.with_suffix(".sha256"))
        except OSError as fault:
            raise BrickworkError(f"{path} is not whole: {fault.strerror or fault}.") from None
        if written != sum_line(path, content):
            raise BrickworkError(f"{path} is damaged: its sum is not the one in {path.with_suffix('.sha256').name}.")
        try:
            return State(step, tensors_of(content), read_facts(content))
        except (SafetensorError, ValueError, KeyError, TypeError) as fault:
            raise BrickworkError(f"{path} was not written by brickwork: {fault}.") from None

    def latest(self) -> tuple[State | None, list[str]]:
        """The last checkpoint that is whole, and a sentence about each later one that is not."""
        damaged: list[str] = []
        for step in reversed(self.steps()):
            try:
                return self.read(step), damaged
            except BrickworkError as fault:
                damaged.append(str(fault))
        return None, damaged

    def keep(self, wanted: Collection[int]) -> None:
        """Removes the checkpoints of all other steps, and what an interrupted writing has left; no other files."""
        for name in list_names(self.folder):
            step = step_of(name)
            if is_partial(name) or (step is not None and step not in wanted):
                with suppress(OSError):
                    (self.folder / name).unlink()


def serialize_state(state: State) -> bytes:
    """The content of a checkpoint's file; raises MemoryError where there is not enough for it."""
    try:
        return safetensors_bytes(state.tensors, {"facts": json.dumps(state.facts, allow_nan=False)})
    except BaseException as fault:
        if type(fault).__name__ == "PanicException":  # what safetensors makes of too little memory
            raise MemoryError from None
        raise


def sum_line(path: Path, content: bytes) -> bytes:
    """The line of a checkpoint's checksum file, as `sha256sum --check` reads it."""
    return f"{sha256(content).hexdigest()}  {path.name}\n".encode()


def read_facts(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[:LENGTH], "little")
    header = parse_json(content[LENGTH : LENGTH + length])
    facts = parse_json(header["__metadata__"]["facts"])
    if not isinstance(facts, dict):
        raise ValueError("its facts are no JSON object")
    return facts
