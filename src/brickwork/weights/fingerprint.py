"""Fingerprint of a model's weights: one sha256 over all tensors."""

from collections.abc import Mapping
from hashlib import sha256

import torch
from torch import Tensor

from brickwork.model import Model


def fingerprint(weights: Model | Mapping[str, Tensor]) -> str:
    """sha256 over every tensor's name, shape and content, in the order of the network.

    Names are ours, so it is the same whichever library's file the weights came from. Two neighbours of equal shape
    that have changed places, which no comparison of names and shapes can see, change it.
    """
    tensors = weights.state_dict() if isinstance(weights, Model) else weights
    whole = sha256()
    for name, tensor in tensors.items():
        if not name.endswith("num_batches_tracked"):
            content = tensor.detach().to("cpu", torch.float32).contiguous().numpy().tobytes()
            whole.update(f"{name} {tuple(tensor.shape)} {sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()
