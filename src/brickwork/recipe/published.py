"""Recipes by name: the papers', the default, the fast one, and files of your own."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from brickwork.errors import BrickworkError, nearest
from brickwork.network import Network
from brickwork.network.layers import BatchNorm
from brickwork.recipe.progressive import size_at, takes_size
from brickwork.recipe.recipe import Recipe, parse_toml, recipe_from

PHOTOGRAPHS = 64  # pixels of the input's shorter side from which images are photographs


@dataclass(frozen=True)
class RecipeChoice:
    """A recipe, and what a person who chose it should know."""

    recipe: Recipe
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecipeEntry:
    """A table of a file of recipes."""

    name: str
    networks: tuple[str, ...]  # patterns of names
    source: str
    note: str
    values: Mapping[str, Any]  # the recipe's fields


@cache
def entries(file: str) -> tuple[RecipeEntry, ...]:
    """The recipes of "paper", "default" or "fast", in the file's order."""
    text = files("brickwork.recipe").joinpath("recipes", f"{file}.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    shared = {name: value for name, value in tables.items() if not isinstance(value, dict)}
    return tuple(_entry(name, shared | own) for name, own in tables.items() if isinstance(own, dict))


def _entry(name: str, values: dict[str, Any]) -> RecipeEntry:
    networks, source, note = (values.pop(key, empty) for key, empty in (("networks", []), ("source", ""), ("note", "")))
    after, whole = values.pop("after", None), values.pop("of", values.get("epochs"))
    if after:
        values["milestones"] = [place / whole for place in after]
    return RecipeEntry(name, tuple(networks), source, note, values)


def recipe_for(word: str, network: Network, given: Mapping[str, Any] | None = None) -> RecipeChoice:
    """The recipe that a word stands for: "paper", "default", "fast", a name in paper.toml, or a path to a TOML file.

    `given` are the fields that a person has chosen; they win over the recipe's. Raises BrickworkError for an unknown
    word, a file that is no recipe, and a network that no paper's recipe is for.
    """
    given = given or {}
    if word.endswith(".toml"):
        values, notes = _from_file(Path(word), network, given, ())
    else:
        values, notes = _from_word(word, network, given)
    recipe = recipe_from({**values, **given})
    return _resizable(RecipeChoice(recipe, notes), network, given)


def _from_word(word: str, network: Network, given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    if word in ("default", "fast"):
        return _usual(word, network, given), ()
    entry = _paper(network) if word == "paper" else _by_name(word)
    return dict(entry.values), tuple(_notes_of(entry, network))


def _notes_of(entry: RecipeEntry, network: Network) -> Iterator[str]:
    yield f"{network.name} is trained as in {entry.source}."
    if entry.note:
        yield entry.note


def _usual(word: str, network: Network, given: Mapping[str, Any]) -> dict[str, Any]:
    """The default or the fast recipe, as it suits the network."""
    tables = {entry.name: entry.values for entry in (*entries("default"), *entries("fast"))}
    size = "photographs" if min(network.input[1:]) >= PHOTOGRAPHS else "small"
    kind = "fast_" if word == "fast" else "tuned_" if given.get("weights") else ""
    normal = any(isinstance(layer, BatchNorm) for _, layer in network.layers())
    return {**tables[kind + size], **({} if normal else tables["without_norm"])}


def _paper(network: Network) -> RecipeEntry:
    bare = network.name.partition("[")[0]
    found = [entry for entry in entries("paper") if any(fnmatch(bare, pattern) for pattern in entry.networks)]
    if not found:
        raise BrickworkError(f"{network.name}: no paper's recipe is for it. Take --recipe default or fast.")
    return found[0]


def _by_name(word: str) -> RecipeEntry:
    papers = {entry.name: entry for entry in entries("paper")}
    if word not in papers:
        advice = nearest(word, ["paper", "default", "fast", *papers]) or "take paper, default or fast,"
        raise BrickworkError(f"unknown recipe {word!r}: {advice} A file of your own ends in .toml.")
    return papers[word]


def _from_file(
    path: Path, network: Network, given: Mapping[str, Any], above: tuple[Path, ...]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values of a file over those that it extends: a word as in `named`, or a file beside it."""
    if path in above:
        raise BrickworkError(f"{path} extends itself, by way of {', '.join(map(str, above))}.")
    try:
        own = parse_toml(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise BrickworkError(f"the recipe {path} cannot be read: {fault.strerror or fault}.") from None
    except UnicodeDecodeError:
        raise BrickworkError(f"the recipe {path} is no text in UTF-8.") from None
    word = own.pop("extends", None)
    if word is None:
        return own, ()
    if not isinstance(word, str):
        raise BrickworkError(f"{path}: extends is a word or a file's name, not {word!r}.")
    known = {**own, **given}  # weights decide about the default
    if word.endswith(".toml"):
        values, notes = _from_file(path.parent / word, network, known, (*above, path))
    else:
        values, notes = _from_word(word, network, known)
    return {**values, **own}, notes


def _resizable(choice: RecipeChoice, network: Network, given: Mapping[str, Any]) -> RecipeChoice:
    """The same without progressive resizing where the network takes one size alone.

    Raises BrickworkError where a person asked for it.
    """
    recipe = choice.recipe
    if takes_size(network, size_at(recipe, network, epoch=1)):
        return choice
    if "resize_from" in given:
        raise BrickworkError(
            f"{network} takes no images of {recipe.resize_from:g} times that size: leave resize_from out, "
            "or take a network that ends in a global mean."
        )
    whole = recipe_from({**vars(recipe), "resize_from": 1.0})
    return RecipeChoice(
        whole, (*choice.notes, f"{network.name} takes one size of images, so they do not begin smaller.")
    )
