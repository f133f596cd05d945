"""The options that make a recipe, and the recipe that they make."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import click
from click.core import ParameterSource

from brickwork.recipe.recipe import Numbers, Recipe, helps, number_list, parse_numbers, sections

Command = TypeVar("Command", bound=Callable[..., None])

RECIPE = (
    "default; fast: the shortest time to an accuracy; paper: the network's own; a name in the papers' recipes; "
    "or a .toml file. Options that are given win over it; the defaults below are those of images under 64 pixels."
)


class RecipeCommand(click.Command):
    """A command whose help has the recipe's options under their headings."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        records = {
            each.name: each.get_help_record(context)
            for each in self.get_params(context)
            if isinstance(each, click.Option)
        }
        of_recipe = {name for names in sections().values() for name in names}
        parts = {"Options": [name for name in records if name not in of_recipe], **sections()}
        for title, names in parts.items():
            with formatter.section(title):
                formatter.write_dl([record for name in names if (record := records.get(name))])


def recipe_options(command: Command) -> Command:
    """An option for every field of a recipe; the comment beside the field is its help."""
    meanings, kinds = helps(), get_type_hints(Recipe)
    for field in reversed(fields(Recipe)):
        word, kind = field.name.replace("_", "-"), kinds[field.name]
        name = f"--{word}/--no-{word}" if kind is bool else f"--{word}"
        choices = click.Choice(get_args(kind)) if get_origin(kind) is Literal else kind
        default = field.default
        if kind == Numbers:  # written as one word
            choices, default = parse_numbers, number_list(field.default)
        option = click.option(name, type=choices, default=default, show_default=True, help=meanings[field.name])
        command = option(command)
    return click.option("--recipe", "word", default="default", show_default=True, metavar="WORD", help=RECIPE)(command)


def options_given(context: click.Context) -> list[str]:
    """The parameters that stand on the command line."""
    return [name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]


def fields_given(context: click.Context) -> dict[str, Any]:
    """The recipe's fields that stand on the command line."""
    known = {field.name for field in fields(Recipe)}
    return {name: context.params[name] for name in options_given(context) if name in known}
