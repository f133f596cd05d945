"""Loading of weights: a state dict of torchvision, timm, Cadene or ours into a model."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.weights.align import align
from brickwork.weights.fetch import verify
from brickwork.weights.fingerprint import fingerprint as fingerprint_of
from brickwork.weights.layout import own
from brickwork.weights.state_dict import read_tensors
from brickwork.weights.tag import agree
from brickwork.weights.tags import find_tag, tag_of_file

Channels = tuple[float, float, float]


@dataclass(frozen=True, repr=False)
class Loaded:
    """What became of a file of weights that was read into a model."""

    layout: str  # whose names the file has; "order" where nobody's and the order decided
    tag: str | None  # what the file is known as, and was checked against
    kept: tuple[str, ...]  # the model's own tensors: the classifier's, where the classes are others
    left_out: tuple[str, ...]  # the file's side heads, where the model has none
    wrapper: str = ""  # what of the file was taken, as in "ema.shadow"; nothing where the tensors are all of it
    adapted: str = ""  # how the first convolution was fitted to the model's channels, if it was

    def __repr__(self) -> str:
        counts = f"kept {len(self.kept)} tensors, left out {len(self.left_out)}"
        words = "".join(f"; {word}" for word in self.remarks)
        return f"Loaded({self.tag or 'weights'} in the layout of {self.layout}: {counts}{words})"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know: which part of the file was taken, and how the first convolution was fitted."""
        return (*([f"took {self.wrapper!r}"] if self.wrapper else []), *([self.adapted] if self.adapted else []))

    @property
    def normalisation(self) -> tuple[Channels, Channels] | None:
        """Mean and deviation of colours in 0..1 that the tag's weights have learnt with; None for other channels.

        Raises BrickworkError where they want blue first or 0..255, which no image here is turned into.
        """
        if self.tag is None or self.adapted:
            return None
        view = find_tag(self.tag).view
        if (view.colour, view.scale) != ("RGB", 1):
            raise BrickworkError(
                f"{self.tag}: its weights read {view.colour} in 0..{view.scale}, ours are RGB in 0..1."
            )
        return view.mean, view.std


def load_weights(
    model: Model,
    path: str | Path,
    *,
    reset_classifier: bool = False,
    adapt_input: bool = False,
    tag: str | None = None,
    fingerprint: str | None = None,
) -> Loaded:
    """Reads a torchvision, timm or Cadene state dict, or one of ours, into a model.

    `reset_classifier` keeps the model's own classifiers where the file's tell another number of classes apart or are
    missing. `adapt_input` fits the first convolution to the model's number of channels, by sum or repetition. A `tag`
    says which weights they are; a file that still has its published name needs none. `fingerprint` is what an earlier
    reading of the same weights gave. Raises BrickworkError, and leaves the model as it was, where the file is damaged
    or holds code, a tensor is missing, too many, of another shape or not a number, or the model's network is not what
    the tag declares.
    """
    path = Path(path)
    known = find_tag(tag) if tag else tag_of_file(path)
    if known and path.is_file():
        agree(model.network, known)
        verify(path, known)
    file = read_tensors(path)
    aligned = align(model, file, reset_classifier=reset_classifier, adapt_input=adapt_input)
    same_order(model, aligned.library, aligned.tensors)
    check_fingerprint(path, aligned.tensors, fingerprint or (known.fingerprint if known else None))
    kept = tuple(name for name, tensor in own(model).items() if not fits(aligned.tensors.get(name), tensor))
    fitting = {name: tensor for name, tensor in aligned.tensors.items() if name not in kept}
    model.load_state_dict(model.state_dict() | fitting)
    name = known.name if known else None
    return Loaded(aligned.library, name, kept, aligned.left_out, file.wrapper, aligned.adapted)


def fits(found: Tensor | None, tensor: Tensor) -> bool:
    return found is not None and found.shape == tensor.shape


def check_fingerprint(path: Path, tensors: dict[str, Tensor], expected: str | None) -> None:
    """Raises BrickworkError where the fingerprint is another: tensors of equal shape may have changed places."""
    if expected and fingerprint_of(tensors) != expected:
        raise BrickworkError(
            f"{path}: names and shapes fit, but the fingerprint is {fingerprint_of(tensors)[:16]}..., "
            f"not {expected[:16]}...: other weights, or tensors that have changed places."
        )


def same_order(model: Model, library: str, tensors: dict[str, Tensor]) -> None:
    """timm's pre-activation ResNets pool before the stem's norm and ReLU, ours after them.

    A maximum and an increasing function can change places, so both are the same while no scale is below 0; but
    where the first shortcut is the identity, as in basic blocks, theirs goes around the norm, and ours does not.
    """
    paths = {name.rpartition(".")[0] for name in tensors}
    if library != "timm" or "stem.norm" not in paths or "head.norm" not in paths:
        return
    name = model.network.name
    if "stage2.0.shortcut" not in paths:
        raise BrickworkError(
            f"{name}: timm's first shortcut goes around the stem's norm: its weights are for preact_resnetN[stem=bare]."
        )
    scale = tensors["stem.norm.weight"]
    if scale.min() < 0:
        raise BrickworkError(
            f"{name}: timm pools before the stem's norm, which is the same only while no scale is below 0, but channel "
            f"{int(scale.argmin())} has {float(scale.min()):.3g}: its weights are for preact_resnetN[stem=bare]."
        )
