"""create_model and list_models, as people know them from timm, and the weights that a training begins with."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, overload

from brickwork import zoo
from brickwork.errors import BrickworkError, nearest
from brickwork.model import Model, build, load
from brickwork.model.features import Features, drop_classifier
from brickwork.network import Network
from brickwork.weights.fetch import fetch, is_fetched
from brickwork.weights.load import Loaded, load_weights
from brickwork.weights.state_dict import SUFFIXES
from brickwork.weights.tag import Tag
from brickwork.weights.tags import default, tag_of_file, tag_table, tags

LOG = logging.getLogger("brickwork")


@overload
def create_model(
    name: str,
    *,
    num_classes: int | None = None,
    in_chans: int | None = None,
    pretrained: bool = False,
    features_only: Literal[False] = False,
    out_indices: None = None,
) -> Model: ...
@overload
def create_model(
    name: str,
    *,
    num_classes: int | None = None,
    in_chans: int | None = None,
    pretrained: bool = False,
    features_only: Literal[True],
    out_indices: Sequence[int] | None = None,
) -> Features: ...
def create_model(
    name: str,
    *,
    num_classes: int | None = None,
    in_chans: int | None = None,
    pretrained: bool = False,
    features_only: bool = False,
    out_indices: Sequence[int] | None = None,
) -> Model | Features:
    """A built network by its name, as in "resnet50", or by its published weights', as in "resnet50.tv_in1k".

    `pretrained` fetches the named weights, or the network's first; with another `num_classes` their classifier stays
    fresh, with other `in_chans` their first convolution is fitted to it (summed for one channel, else repeated), as
    timm does it. `num_classes=0` is the network without its classifier: a vector of features for each image.
    `features_only` gives the stages' outputs in place of logits, as a list; `out_indices` says which of them. Raises
    BrickworkError for unknown names, and without a network says which file to bring.
    """
    if out_indices is not None and not features_only:
        raise BrickworkError("out_indices says which stages' outputs features_only=True gives: ask for it, too.")
    tag = tag_for(name, pretrained)
    text = tag.network if tag else name
    plain = zoo.network(text)
    input = (in_chans or plain.input[0], *plain.input[1:])
    model = build(zoo.network(text, input=input, classes=num_classes or None))
    if tag and pretrained:
        _load_tag(model, tag, reset_classifier=num_classes not in (None, 0, plain.classes))
    if features_only:
        return Features(model, out_indices)
    return drop_classifier(model) if num_classes == 0 else model


def _load_tag(model: Model, tag: Tag, *, reset_classifier: bool) -> None:
    loaded = load_weights(model, fetch(tag), tag=tag.name, reset_classifier=reset_classifier, adapt_input=True)
    if loaded.adapted:
        LOG.warning("%s: %s", tag.name, loaded.adapted)


def load_initial(model: Model, source: str | Path) -> Loaded:
    """Initial weights: those of a file, or of a tag, fetched.

    With other classes the model keeps its classifier; for other channels the first convolution is fitted.
    """
    if isinstance(source, str) and source in tag_table():
        return load_weights(model, fetch(source), tag=source, reset_classifier=True, adapt_input=True)
    path = Path(source)
    if not path.exists() and path.suffix not in SUFFIXES:
        raise BrickworkError(
            f"{str(source)!r} is no file and no published weights: "
            f"{nearest(str(source), tags()) or 'see docs/weights.md.'}"
        )
    return load_weights(model, path, reset_classifier=True, adapt_input=True)


def check_fetched(source: str) -> None:
    """Raises BrickworkError for published weights that would have to be fetched first."""
    tag = tag_table().get(source)
    if tag and not is_fetched(tag):
        raise BrickworkError(
            f"this training begins with {source}, which is not on this machine, and a run alone fetches nothing: begin "
            f"a new run with --weights {source}."
        )


def network_of_weights(source: str | Path) -> Network | str | None:
    """The network that weights are of: a tag's, a published file's by its name, a model file's own; or None."""
    path = Path(source)
    tag = tag_table().get(str(source)) or (tag_of_file(path) if path.is_file() else None)
    if tag:
        return tag.network
    if path.suffix != ".safetensors" or not path.is_file():
        return None
    try:
        return load(path).model.network
    except BrickworkError:  # somebody else's file of weights
        return None


def tag_for(name: str, pretrained: bool) -> Tag | None:
    """The published weights that a name stands for."""
    if name in tag_table():
        return tag_table()[name]
    if "." in name.partition("[")[0] and name.partition(".")[0] in zoo.names():
        known = ", ".join(tags(f"{name.partition('.')[0]}.*")) or "none"
        raise BrickworkError(f"unknown weights {name!r}: known: {known}.")
    return default(name) if pretrained else None


def list_models(pattern: str = "*", *, pretrained: bool = False) -> list[str]:
    """The networks' names that match a pattern such as "res*"; with `pretrained`, the published weights'."""
    return tags(pattern) if pretrained else zoo.names(pattern)
