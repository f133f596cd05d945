"""The fingerprint sees what names and shapes do not."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.weights import fingerprint, load_weights
from brickwork.weights.layout import layouts_of
from stored import LAYOUTS, narrow, stored


def neighbours(text: str, library: str, tensors: dict[str, Tensor]) -> tuple[str, str]:
    """The first two weights, or else biases, of equal shape that stand one after the other."""
    layout = next(layout for layout in layouts_of(narrow(text)) if layout.library == library)
    for kind in ("weight", "bias"):
        slots = [slot for slot in layout.slots if slot.theirs.endswith(kind)]
        for one, other in pairwise(slots):
            if one.stored == other.stored and not torch.equal(tensors[one.theirs], tensors[other.theirs]):
                return one.theirs, other.theirs
    raise LookupError(text)


@pytest.mark.parametrize(("text", "library"), LAYOUTS)
def test_two_neighbours_that_change_places_are_caught_in_every_layout(text: str, library: str, tmp_path: Path) -> None:
    there, here = narrow(text, seed=1), narrow(text, seed=2)
    tensors = stored(there, library)
    one, other = neighbours(text, library, tensors)
    tensors[one], tensors[other] = tensors[other], tensors[one]
    path = tmp_path / "swapped.pth"
    torch.save(tensors, path)
    with pytest.raises(BrickworkError, match="names and shapes fit, but the fingerprint is"):
        load_weights(here, path, fingerprint=fingerprint(there))
    load_weights(here, path)  # without it nobody sees
    assert fingerprint(here) != fingerprint(there)


def test_neighbours_swapped_in_the_order_of_a_file_without_names_are_caught(tmp_path: Path) -> None:
    there, here = narrow("resnet20", seed=1), narrow("resnet20", seed=2)
    entries = list(there.state_dict().items())
    place = next(
        i for i, (a, b) in enumerate(pairwise(entries)) if a[0].endswith("weight") and a[1].shape == b[1].shape
    )
    entries = [(f"part{i}.{name.rpartition('.')[2]}", tensor) for i, (name, tensor) in enumerate(entries)]
    first, second = entries[place], entries[place + 1]
    entries[place], entries[place + 1] = (first[0], second[1]), (second[0], first[1])
    torch.save(dict(entries), tmp_path / "order.pth")
    with pytest.raises(BrickworkError, match="other weights, or tensors that have changed places"):
        load_weights(here, tmp_path / "order.pth", fingerprint=fingerprint(there))


def test_it_is_the_same_whichever_library_stored_the_weights(tmp_path: Path) -> None:
    there = narrow("vgg11[batchnorm=true]", seed=1)
    for library in ("torchvision", "timm", "cadene"):
        torch.save(stored(there, library), tmp_path / "file.pth")
        here = narrow("vgg11[batchnorm=true]", seed=2)
        load_weights(here, tmp_path / "file.pth", fingerprint=fingerprint(there))
        assert fingerprint(here) == fingerprint(there)


def test_it_does_not_depend_on_how_many_batches_a_norm_has_seen() -> None:
    model = narrow("resnet18")
    before = fingerprint(model)
    model.get_buffer("stem.norm.num_batches_tracked").fill_(99)
    assert fingerprint(model) == before
    model.get_buffer("stem.norm.running_mean")[0] += 1e-3
    assert fingerprint(model) != before
