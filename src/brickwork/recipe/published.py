"""Recipes by name: the papers', the default, the fast one, and files of your own."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from brickwork.errors import BrickworkError, nearest
from brickwork.network import Network
from brickwork.network.layers import BatchNorm
from brickwork.recipe.progressive import size_at, takes_size
from brickwork.recipe.recipe import Recipe, read_toml, recipe_from

Values = tuple[dict[str, Any], tuple[str, ...]]  # a recipe's fields, and its notes

MOST_FILES = 10  # of recipes that extend each other
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
    return tuple(_entry(name, shared | table) for name, table in tables.items() if isinstance(table, dict))


def _entry(name: str, values: dict[str, Any]) -> RecipeEntry:
    networks, source, note = values.pop("networks", ()), values.pop("source", ""), values.pop("note", "")
    after, length = values.pop("after", None), values.pop("of", values.get("epochs"))
    if after:
        values["milestones"] = [place / length for place in after]
    return RecipeEntry(name, tuple(networks), source, note, values)


def recipe_for(word: str | Path, network: Network, overrides: Mapping[str, Any] | None = None) -> RecipeChoice:
    """Find the recipe of a word: "paper", "default", "fast", a name in paper.toml, or a path to a TOML file.

    `overrides` are the fields that a person has chosen; they win over the recipe's. Raises BrickworkError for an
    unknown word, a file that is no recipe, and a network that no paper's recipe is for.
    """
    overrides = overrides or {}
    values, notes = _values_of(str(word), network, overrides)
    choice = RecipeChoice(recipe_from({**values, **overrides}), notes)
    return _without_resizing_where_fixed(choice, network, overrides)


def _values_of(word: str, network: Network, overrides: Mapping[str, Any], extending: tuple[Path, ...] = ()) -> Values:
    """The fields of a word's recipe and its notes; `extending` are the files that have led to it."""
    if word.endswith(".toml"):
        return _file_values(Path(word), network, overrides, extending)
    if word in ("default", "fast"):
        return _default_values(word, network, overrides), ()
    entry = _paper(network) if word == "paper" else _entry_named(word)
    return dict(entry.values), tuple(_notes_of(entry, network))


def _notes_of(entry: RecipeEntry, network: Network) -> Iterator[str]:
    yield f"{network.name} is trained as in {entry.source}."
    if entry.note:
        yield entry.note


def _default_values(word: str, network: Network, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The default or the fast recipe's, as they suit the network's input, its norms, and the weights it begins with."""
    tables = {entry.name: entry.values for entry in (*entries("default"), *entries("fast"))}
    size = "photographs" if min(network.input[1:]) >= PHOTOGRAPHS else "small"
    prefix = "fast_" if word == "fast" else "tuned_" if overrides.get("weights") else ""
    has_norm = any(isinstance(layer, BatchNorm) for _, layer in network.layers())
    return {**tables[prefix + size], **({} if has_norm else tables["without_norm"])}


def _paper(network: Network) -> RecipeEntry:
    bare = network.name.partition("[")[0]
    for entry in entries("paper"):
        if any(fnmatch(bare, pattern) for pattern in entry.networks):
            return entry
    raise BrickworkError(f"{network.name}: no paper's recipe is for it: take default or fast.")


def _entry_named(word: str) -> RecipeEntry:
    papers = {entry.name: entry for entry in entries("paper")}
    if word not in papers:
        advice = nearest(word, ["paper", "default", "fast", *papers]) or "take paper, default or fast."
        raise BrickworkError(f"unknown recipe {word!r}: {advice} A file of your own ends in .toml.")
    return papers[word]


def _file_values(path: Path, network: Network, overrides: Mapping[str, Any], extending: tuple[Path, ...]) -> Values:
    """A file's values over those that it extends: a word as `recipe_for` takes it, or a file beside it."""
    if path.resolve() in (other.resolve() for other in extending):
        raise BrickworkError(f"{path} extends itself, by way of {', '.join(map(str, extending))}.")
    if len(extending) >= MOST_FILES:
        raise BrickworkError(f"{path} is the end of {MOST_FILES} recipes that extend each other: write fewer.")
    values = read_toml(path)
    word = values.pop("extends", None)
    if word is None:
        return values, ()
    if not isinstance(word, str):
        raise BrickworkError(f"{path}: extends is a word or a file's name, not {word!r:.80}.")
    base = str(path.parent / word) if word.endswith(".toml") else word
    known = {**values, **overrides}  # weights decide about the default
    inherited, notes = _values_of(base, network, known, (*extending, path))
    return {**inherited, **values}, notes


def _without_resizing_where_fixed(choice: RecipeChoice, network: Network, overrides: Mapping[str, Any]) -> RecipeChoice:
    """The same without progressive resizing where the network takes one size alone.

    Raises BrickworkError where a person asked for it.
    """
    recipe = choice.recipe
    if takes_size(network, size_at(recipe, network, epoch=1)):
        return choice
    if "resize_from" in overrides:
        raise BrickworkError(
            f"{network} takes no images of {recipe.resize_from:g} times that size: leave resize_from out, "
            "or take a network that ends in a global mean."
        )
    note = f"{network.name} takes one size of images, so they do not begin smaller."
    return RecipeChoice(replace(recipe, resize_from=1.0), (*choice.notes, note))
