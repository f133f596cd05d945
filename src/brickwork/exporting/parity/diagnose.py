"""Diagnosis of an export that does not compute what its model does: known faults, tried one by one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import get_args

import numpy as np

from brickwork.data.dataset import Images
from brickwork.data.preprocessing import Fit, Preprocessing
from brickwork.exporting.parity.compare import Found, Resized, logit_bound
from brickwork.exporting.parity.reference import Floats, Reference, torch_logits
from brickwork.runtime.document import ExportDocument

FEW = 16  # images that are computed anew
COMMON = {  # other means and deviations that networks are trained with, of three channels
    "those of ImageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "0.5 and 0.5": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "0 and 1": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "0 and 1/255": ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
}
LOW_PRECISION = 0.05  # of the logits' size: the largest difference that rounding to 8 bits explains


def document_fault(document: ExportDocument, reference: Reference) -> str | None:
    """What the exported model says of itself and its model does not."""
    classes = reference.file.classes
    if document.classes != classes:
        same = sorted(document.classes) == sorted(classes)
        place = next((i for i, (a, b) in enumerate(zip(document.classes, classes, strict=False)) if a != b), 0)
        return (
            f"its classes are {'in another order' if same else 'others'}: class {place} is "
            f"{document.classes[place]!r:.60}, the model's is {classes[place]!r:.60}"
        )
    for name, value in reference.preprocessing.document().items():
        if (found := document.preprocessing.document().get(name)) != value:
            return f"its preprocessing has {name} {found!r:.80}, the model's has {value!r:.80}"
    if document.record != reference.file.record:
        return "its record is not the model's"
    return None


def outputs_fault(reference: Reference, found: Found) -> str:
    """What explains logits and probabilities that are not the model's."""
    if not np.isfinite(found.logits).all():
        return "some of its logits are infinite or not numbers (NaN)"
    bound = 10 * logit_bound(reference)
    if np.abs(found.logits - reference.logits).max() <= bound / 10:
        return "its logits are the model's, but its temperature or its softmax is not"
    for words, wanted in hypotheses(reference):
        if np.abs(found.logits[: len(wanted)] - wanted).max() <= bound:
            return words
    if is_permutation(reference.logits, found.logits, bound):
        return "its classes are in another order"
    apart = np.abs(found.logits - reference.logits).max()
    if apart <= LOW_PRECISION * np.abs(reference.logits).max():
        return "differences of this size come from a lower precision than fp32, as an engine's default bf16"
    return "its graph computes something else: another normalisation, other weights or another layer"


def hypotheses(reference: Reference) -> Iterator[tuple[str, Floats]]:
    """Known faults, each with the logits that it would give."""
    pixels, preprocessing = reference.pixels[:FEW], reference.preprocessing

    def logits(changed: Images, steps: Preprocessing = preprocessing) -> Floats:
        return torch_logits(reference.file, np.ascontiguousarray(changed), steps)

    if preprocessing.channels == 3:
        yield "its channels are swapped: blue is where red should be", logits(pixels[:, ::-1])
    for words, (mean, std) in COMMON.items():
        other = replace(preprocessing, mean=mean[: preprocessing.channels], std=std[: preprocessing.channels])
        yield f"it normalises with a wrong mean and deviation: {words}", logits(pixels, other)
    if preprocessing.height == preprocessing.width:
        yield "it takes images with height and width swapped", logits(pixels.swapaxes(2, 3))


def is_permutation(wanted: Floats, found: Floats, bound: float) -> bool:
    """Whether all columns are there, in an order of their own."""
    nearest = [int(np.abs(found - wanted[:, place, None]).max(0).argmin()) for place in range(wanted.shape[1])]
    return len(set(nearest)) == len(nearest) and float(np.abs(found[:, nearest] - wanted).max()) <= bound


def resizing_fault(reference: Reference, rows: list[Resized], originals: Callable[[int], Images]) -> str:
    """What explains pixels that a graph resized otherwise; `originals` gives a decoded image."""
    from PIL import Image

    places = range(min(FEW, len(rows)))
    images = [Image.fromarray(originals(i).squeeze(2) if originals(i).shape[2] == 1 else originals(i)) for i in places]
    for fit in get_args(Fit):
        other = replace(reference.preprocessing, fit=fit)
        if fit != reference.preprocessing.fit and all(
            np.abs(rows[i].outputs["pixels"][0].astype(int) - other.pixels(images[i])).max() <= 1 for i in places
        ):
            return f"it resizes by {fit}, the model by {reference.preprocessing.fit}"
    return "its filter is not Pillow's: an engine's own Resize with antialias, or a lower precision, does this"
