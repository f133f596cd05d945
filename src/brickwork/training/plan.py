"""From names, values and paths to what is trained: a network, a data set and a recipe that fit each other."""

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from brickwork import __version__, zoo
from brickwork.data import open_data
from brickwork.data.dataset import Dataset
from brickwork.data.images.decode import Unreadable
from brickwork.data.sources.notes import name_list
from brickwork.errors import BrickworkError
from brickwork.loader.fit import check_fit
from brickwork.network import Network, Shape, cost, smallest_input, summary_line, to_json, with_classes, with_input
from brickwork.network.layer import shape_text
from brickwork.recipe.published import PHOTOGRAPHS, RecipeChoice, recipe_for
from brickwork.recipe.recipe import Recipe, recipe_from

DEFAULT = "resnet20"  # the network where nothing says which
TRANSFER = "resnet18"  # where it has no published weights, the one that has and takes least time
FEW = 5_000  # images to train on, below which published weights are known to do much better


@dataclass(frozen=True)
class Plan:
    """Plan of a training: the network, the data set and the recipe, which fit each other, and notes on them."""

    network: Network
    dataset: Dataset
    recipe: Recipe
    notes: tuple[str, ...] = ()  # what a person should know of the three

    @property
    def title(self) -> str:
        return f"{self.network.name} on {self.dataset.name}"

    def document(self, track: Sequence[str]) -> dict[str, Any]:
        """As plain data for run.json; the recipe has a file of its own."""
        return {
            "network": to_json(self.network),
            "data": self.dataset.source,
            "groups": self.dataset.groups,
            "seed": self.dataset.seed,
            "track": list(track),
            "brickwork": __version__,
        }


def make_plan(
    network: Network | str | None,
    data: Dataset | str | Path,
    recipe: Recipe | RecipeChoice | str | Path = "default",
    *,
    groups: str = "",
    input: Shape | None = None,
    classes: int | None = None,
    fields: Mapping[str, Any] | None = None,
    pretrained: bool = False,
) -> Plan:
    """What `brickwork train` and `brickwork.train` make of their arguments.

    A network's name gets the data's classes and an input that suits both; None is the network of the weights that
    the fields name, or resnet20. A recipe's word or file is looked up for the network; `fields` win over it, and over
    what `pretrained` sets. Data are divided by the recipe's seed. Raises BrickworkError where they do not fit each
    other, and where the data has not so many classes.
    """
    fields = dict(fields or {})
    found = network or default_network(fields)
    fields = {**(transfer_fields(found, fields) if pretrained else {}), **fields}
    given = RecipeChoice(recipe) if isinstance(recipe, Recipe) else recipe
    seed = fields.get("seed", given.recipe.seed if isinstance(given, RecipeChoice) else 0)
    dataset = open_dataset(data, groups, seed, classes)
    value = fit_network(found, dataset, input) if network is None or isinstance(found, str) else found
    check_fit(value, dataset)
    choice = choose_recipe(given, value, fields)
    if choice.recipe.seed != seed:  # a recipe's file has its own, and seeds divide data
        dataset = open_dataset(data, groups, choice.recipe.seed, classes)
    advice = transfer_advice(value, dataset, choice.recipe, data)
    notes = (*choice.notes, *dataset.notes, *classes_text(dataset), start_text(value, dataset), *advice)
    return Plan(value, dataset, choice.recipe, notes)


def default_network(fields: Mapping[str, Any]) -> Network | str:
    """The network where none is named: the one that the weights are of, or resnet20."""
    weights = fields.get("weights")
    if not weights:
        return DEFAULT
    from brickwork.weights.create import network_of_weights  # torch comes with it

    found = network_of_weights(weights)
    if found is None:
        raise BrickworkError(f"{weights}: which network are these weights of? Name it: brickwork train NETWORK ...")
    return found


def transfer_fields(network: Network | str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Published weights, the head alone first, and from then on one stage more an epoch (Howard, Ruder 2018)."""
    from brickwork.weights.tags import default

    name = network.name if isinstance(network, Network) else network
    return {"weights": fields.get("weights") or default(name).name, "freeze": -1, "unfreeze": 1}


def transfer_advice(network: Network, dataset: Dataset, recipe: Recipe, data: Dataset | str | Path) -> tuple[str, ...]:
    """The command that begins with published weights, where few photographs are to be learned from nothing."""
    count = len(dataset.splits["train"]) if "train" in dataset.splits else 0
    if recipe.weights or not 0 < count < FEW or isinstance(data, Dataset) or not has_photographs(dataset):
        return ()
    from brickwork.weights.tags import tag_table

    name = network.name if any(tag.network == network.name for tag in tag_table().values()) else TRANSFER
    groups = ["--groups", dataset.groups] if dataset.groups else []
    command = shlex.join(["brickwork", "train", name, "--data", str(data), *groups, "--pretrained"])
    return (f"{count:,} images are few to begin with no weights. Better: {command}",)


def classes_text(dataset: Dataset) -> tuple[str, ...]:
    """The first classes by name, where they are what files say: who named the wrong folder sees it here."""
    return () if dataset.shape else (f"Classes: {name_list(dataset.classes)}.",)


def has_photographs(dataset: Dataset) -> bool:
    """Whether the first images that can be read have the size of photographs."""
    if dataset.shape:
        return min(dataset.shape[1:]) >= PHOTOGRAPHS
    split = dataset.splits["train"]
    for i in range(min(len(split), 5)):
        with suppress(Unreadable):
            return min(split[i][0].size) >= PHOTOGRAPHS
    return False


def open_dataset(data: Dataset | str | Path, groups: str, seed: int, classes: int | None) -> Dataset:
    """The data set to train on; raises BrickworkError also where it has not so many classes."""
    dataset = data if isinstance(data, Dataset) else open_data(str(data), seed=seed, groups=groups)
    if classes not in (None, len(dataset.classes)):
        names = ", ".join(dataset.classes)
        raise BrickworkError(f"{data} has {len(dataset.classes)} classes, not {classes}: {names}.")
    return dataset


def choose_recipe(recipe: RecipeChoice | str | Path, network: Network, fields: Mapping[str, Any]) -> RecipeChoice:
    """The recipe with these fields: one that is chosen already, or what a word or a file stands for."""
    if isinstance(recipe, RecipeChoice):
        return replace(recipe, recipe=recipe_from({**asdict(recipe.recipe), **fields}))
    return recipe_for(str(recipe), network, fields)


def fit_network(network: Network | str, dataset: Dataset, input: Shape | None) -> Network:
    """A network's name or a file's network with the data's classes, on an input that suits both."""
    if isinstance(network, str):
        return network_for(network, dataset, input)
    network = with_classes(network, len(dataset.classes))
    return with_input(network, input) if input else network


def network_for(text: str, dataset: Dataset, input: Shape | None) -> Network:
    """The network with the data's classes, on an input that suits both."""
    classes = len(dataset.classes)
    shape = input_for(zoo.network(text, classes=classes), dataset.shape) if input is None else input
    network = zoo.network(text, input=shape, classes=classes)
    cost(network)  # raises where it does not fit, long before torch is there
    return network


def input_for(network: Network, images: Shape | None) -> Shape:
    """Images of one size as they are, or where the network needs more, the smallest square that it takes;
    images of many sizes in colour, as large as the network was made for.
    """
    if images is None:
        return (3, *network.input[1:])
    try:
        cost(with_input(network, images))
    except BrickworkError:
        side = smallest_input(with_input(network, images)) or network.input[1]
        return (images[0], side, side)
    return images


def start_text(network: Network, dataset: Dataset) -> str:
    """What is about to be trained; where the images are not taken as they are, that too."""
    scaled = f" Images of {shape_text(dataset.shape)} are scaled to it." if dataset.shape else ""
    return f"{summary_line(network)}.{'' if dataset.shape == network.input else scaled}"
