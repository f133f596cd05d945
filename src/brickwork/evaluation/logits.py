"""A model's logits for images that are in memory."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from brickwork.data.dataset import Images
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.machine import LEAST_MEMORY, compute_threads, computes_in_bf16, device
from brickwork.model import Model, ModelFile, lower
from brickwork.network.layer import shape_text
from brickwork.network.limits import images_at_once
from brickwork.runtime.prediction import Logits

BATCH = 256  # images at a time; the logits do not depend on it, but for last bits


class ImageBytes(Protocol):
    """Images as N x C x H x W bytes, a slice at a time: a tensor, or what is read when it is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Tensor: ...


def preprocessing_of(file: ModelFile) -> Preprocessing:
    """How a file's model takes images; raises BrickworkError where that is not its network's input."""
    preprocessing, network = Preprocessing.read(file.preprocessing), file.model.network
    if preprocessing.shape != network.input:
        raise BrickworkError(
            f"{network.name} reads images of {shape_text(network.input)}, but its preprocessing makes them "
            f"{shape_text(preprocessing.shape)}: the model file is damaged."
        )
    return preprocessing


def stable_batch_size(model: Model, most: int) -> int:
    """How many images a model takes at a time on any machine, however much memory is free: last bits depend on it."""
    return images_at_once(model.network, LEAST_MEMORY, most)


@torch.no_grad()
def compute_logits(
    model: Model,
    images: ImageBytes,
    preprocessing: Preprocessing,
    *,
    progress: Callable[[int], None] | None = None,
    rank: int = 0,
    world_size: int = 1,
) -> Tensor:
    """Logits, N x classes in float32 on the CPU, of N x C x H x W bytes; `progress` hears how many are done.

    Of `world_size` processes, that of number `rank` computes each `world_size`th batch and leaves zeros for the others,
    so that the sum of all is what one would compute, bit for bit.

    The model works in evaluation mode, in float32, on the device where its weights are, and is handed back in the
    mode in which it came.
    """
    was_training, place = model.training, next(model.parameters()).device
    model.eval()
    logits = torch.zeros(len(images), model.network.classes)
    size = stable_batch_size(model, BATCH)  # the same in all processes, else images would be missed
    try:
        for start in range(rank * size, len(images), world_size * size):
            batch = preprocessing.normalize(images[start : start + size].to(place))
            logits[start : start + size] = model(batch).float().cpu()
            if progress:
                progress(start + len(batch))
    finally:
        model.train(was_training)
    return logits


@dataclass(frozen=True, eq=False)
class FileLogits:
    """A model file's logits by torch, in float32: what `Predictor` computes with."""

    file: ModelFile
    threads: int = 0  # that compute; 0 = all

    def __call__(self, images: Images) -> Logits:
        """N x classes, of N x C x H x W bytes."""
        model = self.file.model.to(device())
        with compute_threads(self.threads):
            logits: Logits = compute_logits(model, torch.from_numpy(images), preprocessing_of(self.file)).numpy()
        return logits


@dataclass(frozen=True, eq=False)
class LoweredLogits:
    """A model's logits by its lowered network, in evaluation mode; after `to_device`, threads may call it at a time.

    Whoever calls has set the number of threads that compute (`compute_threads`).
    """

    model: Model
    preprocessing: Preprocessing
    dtype: torch.dtype

    @torch.inference_mode()
    def __call__(self, images: Images) -> Logits:
        """N x classes, of N x C x H x W bytes."""
        torch.get_num_threads()  # a thread that has just begun takes over the number that was set for all
        batch = self.preprocessing.normalize(torch.from_numpy(images).to(self.to_device()))
        logits: Logits = self.model(batch.to(self.dtype, memory_format=torch.channels_last)).float().cpu().numpy()
        return logits

    def to_device(self) -> torch.device:
        """Move the model to the device of this process, where it is not there yet."""
        place = next(self.model.parameters()).device
        if place.type != device().type:
            place = device()
            self.model.to(place)
        return place


def lower_file(file: ModelFile, allow: Collection[str] = ()) -> LoweredLogits:
    """What computes a model file's logits fastest by torch: norms folded, channels last, bfloat16 where allowed."""
    dtype = torch.bfloat16 if "bf16" in allow and computes_in_bf16(device()) else torch.float32
    model = lower(file.model).to(dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return LoweredLogits(model, preprocessing_of(file), dtype)
