"""EMA: the exponential moving average of a model's weights, which often scores better than the last ones.

Polyak & Juditsky 1992; as an exponential mean in Szegedy et al. 2015, arXiv 1512.00567, section 8.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Ema:
    """EMA of a model's weights and of its norms' running averages."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self.decay = model, decay
        self.tensors = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Update the averages by the weights after a step, which counts from 0.

        Early on the decay is (1 + step) / (10 + step), as in TensorFlow, so that the first weights are soon forgotten.
        """
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, now in self.model.state_dict().items():
            mean = self.tensors[name]
            if mean.is_floating_point():
                mean.lerp_(now, 1 - decay)
            else:  # a count of batches
                mean.copy_(now)

    def state(self) -> dict[str, Tensor]:
        """The means, named as the model's weights are: a model's state in itself."""
        return self.tensors

    @torch.no_grad()
    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Goes on from a state, bit for bit. Raises KeyError where one is missing."""
        for name, mean in self.tensors.items():
            mean.copy_(tensors[name])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The model with the averages in place of its weights, which are back afterwards, bit for bit."""
        own = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        self.model.load_state_dict(self.tensors)
        try:
            yield
        finally:
            self.model.load_state_dict(own)
