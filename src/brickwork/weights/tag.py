"""Tag: published weights by name, with all that a state dict cannot show."""

from dataclasses import dataclass, fields, replace
from typing import Any, cast

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.network import Layer, Network


@dataclass(frozen=True)
class InputSpec:
    """How an image becomes the input of published weights."""

    size: int  # pixels, height and width of the centre crop
    resize: int  # pixels of the shorter side before the crop
    interpolation: str
    mean: tuple[float, float, float]  # of channels in 0..scale
    std: tuple[float, float, float]
    colour: str = "RGB"  # the channels' order; Caffe's is BGR
    scale: int = 1  # the largest value of a channel; Caffe's is 255


@dataclass(frozen=True, repr=False)
class Tag:
    """Published weights by name, as in "resnet50.tv_in1k".

    `network` is exact: strides, padding, eps and the place of dropout are those of that expression.
    """

    name: str
    network: str  # as in "seresnet50[stride=v1,stem=caffe]"
    library: str  # whose names the file has
    address: str  # of the file, or a repository "hub:owner/name" of huggingface.co
    view: InputSpec
    sha256: str | None  # of the file, or its beginning
    accuracy: tuple[float, float] | None  # top-1 and top-5 on ImageNet in percent, as published
    fingerprint: str | None = None

    def __repr__(self) -> str:
        return f"Tag({self.name}: {self.library}'s weights of {self.network}, {self.view.size} pixels)"

    @property
    def file(self) -> str:
        """The file's name."""
        return "model.safetensors" if self.address.startswith("hub:") else self.address.rpartition("/")[2]


def agree(network: Network, tag: Tag) -> None:
    """Raises BrickworkError with the first field in which the network is not the one that the tag declares."""
    declared = zoo.network(tag.network, input=network.input, classes=network.classes)
    problem = first_difference(network, declared)
    if problem:
        raise BrickworkError(f"{tag.name} are weights of {tag.network}, not of {network.name}: {problem}.")


def first_difference(network: Network, other: Network) -> str | None:
    """The first place in which two networks are not the same, whatever their names; None where there is none."""
    for (path, layer), (place, twin) in zip(network.layers(), other.layers(), strict=False):
        if path != place or type(layer) is not type(twin):
            return f"{path} is {layer!r} here, {place} is {twin!r} there"
        if layer != twin:
            return f"{path} has {_field(layer, twin)} here, {_field(twin, layer)} there"
    mine, theirs = list(network.layers()), list(other.layers())
    if rest := mine[len(theirs) :] or theirs[len(mine) :]:
        return f"there is {rest[0][0]} only {'here' if len(mine) > len(theirs) else 'there'}"
    same = (network.stages, network.head, _bodies(network)) == (other.stages, other.head, _bodies(other))
    return None if same else "their layers are joined in other ways"


def _bodies(network: Network) -> list[Any]:
    return [replace(side, weight=0) for side in network.side_heads]


def _field(layer: Layer, other: Layer) -> str:
    name = next(f.name for f in fields(cast(Any, layer)) if getattr(layer, f.name) != getattr(other, f.name))
    return f"{name}={getattr(layer, name)!r}"
