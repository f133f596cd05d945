"""Feature extractors: a model's stages without its head, or its head without the classifier."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from brickwork.errors import BrickworkError
from brickwork.model.model import Model
from brickwork.network import classifiers, cost
from brickwork.network.classifier import without_classifier
from brickwork.network.cost import Piece, stage_of
from brickwork.network.layers import AvgPool, MaxPool


class Features(nn.Module):
    """Feature extractor: a model's stages without its head, every stage's output from the first to the last.

    Where a stage ends in a pooling and the next one keeps the map's size, its output is what the pooling reads: a
    ResNet's first is at stride 2, as timm's. `out_indices` says which outputs, counted from 0, or from the end below
    0; `names`, `channels` and `reductions` (input pixels for each of the map's) have an entry for each.
    """

    def __init__(self, model: Model, out_indices: Sequence[int] | None = None) -> None:
        super().__init__()
        self.model = model
        ends = feature_pieces(model)
        chosen = range(len(ends)) if out_indices is None else [_index(i, len(ends), model) for i in out_indices]
        pieces = [ends[i] for i in chosen]
        self.names = [stage_of(piece.path) for piece in pieces]
        self.channels = [piece.output.shape[0] for piece in pieces]
        self.reductions = [piece.output.jump[0] for piece in pieces]
        self._paths = [piece.path for piece in cost(model.network).pieces if stage_of(piece.path) != "head"]
        self._taps = [piece.path for piece in pieces]

    def forward(self, x: Tensor) -> list[Tensor]:
        outputs = {}
        for path in self._paths:
            x = self.model.get_submodule(path)(x)
            if path in self._taps:
                outputs[path] = x
            if len(outputs) == len(set(self._taps)):
                break
        return [outputs[path] for path in self._taps]

    def __repr__(self) -> str:
        return f"Features({self.model.network}: {len(self.names)} stages)"

    def __str__(self) -> str:
        return nn.Module.__repr__(self)


def _index(number: int, count: int, model: Model) -> int:
    if not -count <= number < count:
        raise BrickworkError(f"{model.network.name} has {count} outputs, 0 to {count - 1}: there is none {number}.")
    return number % count


def feature_pieces(model: Model) -> list[Piece]:
    """For each stage the part whose output is the stage's: the last, or the one before a last pooling."""
    stages = [[piece for piece in cost(model.network).pieces if stage_of(piece.path) == name] for name in model.stages]
    ends = [parts[-1] for parts in stages]
    for place, (parts, following) in enumerate(zip(stages, ends[1:], strict=False)):
        pools = isinstance(parts[-1].expr, MaxPool | AvgPool) and len(parts) > 1
        if pools and parts[-1].output.jump == following.output.jump:
            ends[place] = parts[-2]
    return ends


@torch.no_grad()
def drop_classifier(model: Model) -> Model:
    """The model up to its classifier, with the same weights: batch x features."""
    network = without_classifier(model.network)
    features = cost(network).pieces[-1].output.shape
    bare = Model(replace(network, classes=features[0])).to(next(model.parameters()))
    logits = tuple(f"{path}." for path in classifiers(model.network))
    sides = tuple(f"{side.name}." for side in model.network.side_heads)
    kept = [tensor for name, tensor in model.state_dict().items() if not name.startswith((*logits, *sides))]
    bare.load_state_dict(dict(zip(bare.state_dict(), kept, strict=True)))  # a lone layer has no number in its name
    return bare.train(model.training)
