"""Data of an evaluation: the data set and the split as they were divided for the model's training."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from brickwork.data import open_data
from brickwork.data.dataset import Dataset, Labels, Split
from brickwork.errors import BrickworkError, check_kind, nearest
from brickwork.files import is_link
from brickwork.model import ModelFile, load
from brickwork.network import Layer


def as_model_file(model: ModelFile | str | Path, own: Sequence[type[Layer]] = ()) -> ModelFile:
    """A model file, loaded where it is its path or its run's folder; `own` are your own layer classes.

    Raises BrickworkError where there is none, or a damaged one.
    """
    check_kind("model", model, (str, Path, ModelFile), "a model file or its path, which a Result has as result.model")
    if isinstance(model, ModelFile):
        return model
    inside = Path(model) / "model.safetensors"
    if is_link(inside):
        raise BrickworkError(f"{inside} is a link: name the file that it leads to, if you trust it.")
    return load(inside if inside.is_file() else model, own)


def as_dataset(data: Dataset | str | Path, groups: str, record: Mapping[str, Any]) -> Dataset:
    """A data set, opened where it is a path or a word as for the training of the model with this record."""
    check_kind("data", data, (str, Path, Dataset), "a path, a word or a Dataset, one of whose splits is scored")
    check_groups(data, groups)
    return data if isinstance(data, Dataset) else open_as_divided(str(data), groups, record)


def check_groups(data: Dataset | str | Path, groups: str) -> None:
    """Raises BrickworkError where groups are to divide a data set that is open, and so divided, already."""
    if groups and isinstance(data, Dataset):
        raise BrickworkError(
            f"{data.name} is open already, so groups={groups!r} can no longer divide it: see open_data."
        )


def open_as_divided(data: str, groups: str, record: Mapping[str, Any]) -> Dataset:
    """The data set to score a model on, divided as for its training, which `record` tells of.

    The seed that divided it then keeps its test images apart, and so do its groups where the data has the same name.
    """
    seed, known = record.get("seed"), record.get("groups")
    seed = seed if isinstance(seed, int) else 0
    dataset = open_data(data, seed=seed, groups=groups, training=False)
    if groups or not known or not isinstance(known, str) or record.get("data") != dataset.name:
        return dataset
    try:
        return open_data(data, seed=seed, groups=known, training=False)
    except BrickworkError as error:
        return replace(dataset, notes=(*dataset.notes, f"Not grouped as for the training: {error}"))


def images_of(file: ModelFile, dataset: Dataset, split: str) -> Split:
    """The images of a split; where the training held validation images out of this data, they are held out again."""
    own = split == "val" or file.record.get("data") == dataset.name
    if split in ("train", "val") and own:
        dataset = divided_as_trained(file, dataset)
    return dataset.split(split)


def divided_as_trained(file: ModelFile, dataset: Dataset) -> Dataset:
    """The data set with the validation images held out that the training held out, where it did."""
    recipe = file.record.get("recipe")
    values = recipe if isinstance(recipe, dict) else {}
    share, seed = values.get("validation"), values.get("seed")
    if "train" in dataset.splits and type(seed) is int and type(share) is float and 0 < share < 1:
        return dataset.with_validation(share, seed)
    return dataset


def class_positions(wanted: Sequence[str], known: Sequence[str]) -> Labels:
    """Where each wanted class stands among the known ones; raises BrickworkError for one that is not there."""
    places = {name: place for place, name in enumerate(known)}
    for name in wanted:
        if name not in places:
            words = f"the data has a class {name!r} that the model does not know: {nearest(name, list(known))}"
            raise BrickworkError(f"{words} Classes are matched by the names of their folders.")
    return np.array([places[name] for name in wanted], dtype=np.int64)
