"""Saving of weights as a state dict that another library loads."""

from pathlib import Path
from typing import get_args

from torch import Tensor, nn

from brickwork import zoo
from brickwork.errors import BrickworkError, nearest
from brickwork.model import Model
from brickwork.model.model import check_weights, unwrap_model
from brickwork.network import Network, cost
from brickwork.network.layer import shape_text
from brickwork.weights.equivalents import Equivalent, Library, equivalent
from brickwork.weights.layout import Slot, layouts_of
from brickwork.weights.state_dict import write_tensors

LEGACY = "legacy_"  # timm's models that have kept Cadene's names


def save_weights(model: nn.Module, library: str, path: str | Path) -> str:
    """Writes the weights under a library's names, and returns what the library calls the network.

    The file is for `load_state_dict(..., strict=True)` of `torchvision.models.NAME()` or `timm.create_model(NAME)`
    with as many classes; timm's has no side heads. A model inside torch.compile, DataParallel or DDP is taken out.
    Raises BrickworkError, before there is a file, where the library has no such network, its network has other shapes
    because it reads another input, or a weight is not a number.
    """
    model = unwrap_model(model)
    row = require_equivalent(model, library)
    check_weights(model)
    name: str = getattr(row, library)
    names = "cadene" if name.startswith(LEGACY) else library
    layout = next(layout for layout in layouts_of(model) if layout.library == names)
    slots = [slot for slot in layout.slots if library != "timm" or not on_the_side(model, slot)]
    write_tensors(Path(path), under_their_names(model, slots))
    return name


def require_equivalent(model: Model, library: str) -> Equivalent:
    """The row in which the library's name for this network stands."""
    if library not in get_args(Library):
        raise BrickworkError(f"unknown library {library!r}: {nearest(library, list(get_args(Library)))}")
    row = equivalent(model.network)
    if row is None or getattr(row, library) is None:
        has = ", ".join(other for other in get_args(Library) if row and getattr(row, other)) or "no library"
        raise BrickworkError(f"{library} has no network like {model.network.name}; {has} has one. See docs/weights.md.")
    check_input(model, library, row)
    return row


def check_input(model: Model, library: str, row: Equivalent) -> None:
    """Raises BrickworkError where the library's network, which reads its own input, has a tensor of another shape."""
    usual = zoo.network(row.network, classes=model.network.classes)
    if (problem := shape_difference(model.network, usual)) is None:
        return
    raise BrickworkError(
        f"{library}'s {getattr(row, library)} reads {shape_text(usual.input)}, {model.network.name} here reads "
        f"{shape_text(model.network.input)}, and so {problem}."
    )


def shape_difference(network: Network, usual: Network) -> str | None:
    """The first layer whose weights have another shape because the input has one."""
    for ours, theirs in zip(cost(network).rows_with_side_heads, cost(usual).rows_with_side_heads, strict=True):
        if ours.params != theirs.params:
            return f"{ours.path} has {ours.params:,} parameters here and {theirs.params:,} there"
    return None


def on_the_side(model: Model, slot: Slot) -> bool:
    return slot.ours.partition(".")[0] in {side.name for side in model.network.side_heads}


def under_their_names(model: Model, slots: list[Slot]) -> dict[str, Tensor]:
    """The tensors in the library's shapes, each norm's counter of batches behind its variance."""
    ours = {n.replace("_orig_mod.", ""): t.detach().cpu().contiguous() for n, t in model.state_dict().items()}
    theirs = {}
    for slot in slots:
        theirs[slot.theirs] = ours[slot.ours].reshape(slot.stored)
        counter = slot.ours.removesuffix("running_var") + "num_batches_tracked"
        if slot.ours.endswith("running_var") and counter in ours:
            theirs[slot.theirs.removesuffix("running_var") + "num_batches_tracked"] = ours[counter]
    return theirs
