"""From names, values and paths to what is trained: a network, a data set and a recipe that fit each other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from brickwork import __version__, zoo
from brickwork.data import open_data
from brickwork.data.dataset import Dataset
from brickwork.errors import BrickworkError
from brickwork.loader.prepare import check_fit
from brickwork.network import Network, Shape, cost, smallest_input, summary_line, to_json, with_input
from brickwork.network.layer import shape_text
from brickwork.recipe.published import RecipeChoice, recipe_for
from brickwork.recipe.recipe import Recipe, recipe_from


@dataclass(frozen=True)
class Plan:
    """Plan of a training: the network, the data set and the recipe, which fit each other, and notes on them."""

    network: Network
    dataset: Dataset
    recipe: Recipe
    notes: tuple[str, ...] = ()  # what a person should know of the three

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
    network: Network | str,
    data: Dataset | str | Path,
    recipe: Recipe | RecipeChoice | str | Path = "default",
    *,
    groups: str = "",
    input: Shape | None = None,
    classes: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Plan:
    """What `brickwork train` and `brickwork.train` make of their arguments.

    A network's name gets the data's classes and an input that suits both. A recipe's word or file is looked up for
    the network; `fields` win over it. Data are divided by the recipe's seed. Raises BrickworkError where they do not
    fit each other, and where the data has not so many classes.
    """
    fields = dict(fields or {})
    given = RecipeChoice(recipe) if isinstance(recipe, Recipe) else recipe
    seed = fields.get("seed", given.recipe.seed if isinstance(given, RecipeChoice) else 0)
    dataset = open_dataset(data, groups, seed, classes)
    value = network if isinstance(network, Network) else network_for(network, dataset, input)
    check_fit(value, dataset)
    choice = choose_recipe(given, value, fields)
    if choice.recipe.seed != seed:  # a recipe's file has its own, and seeds divide data
        dataset = open_dataset(data, groups, choice.recipe.seed, classes)
    return Plan(value, dataset, choice.recipe, (*choice.notes, *dataset.notes, start_text(value, dataset)))


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
