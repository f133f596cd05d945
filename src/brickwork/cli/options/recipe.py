"""The options that make a recipe, and the recipe that they make."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from brickwork.cli.paths import WORD
from brickwork.recipe.option import Numbers, Option, by_heading, number_list, options_of, parse_numbers
from brickwork.recipe.recipe import Recipe

FIELDS = "brickwork.recipe"  # the place of what was given, in click's own notes on a call
Command = TypeVar("Command", bound=Callable[..., None])

RECIPE = (
    "default; fast: the shortest time to an accuracy; paper: the network's own; a name in the papers' recipes; "
    "or a .toml file. Options that are given win over it; the defaults below are those of images under 64 pixels."
)


class RecipeCommand(click.Command):
    """A command whose help has the recipe's options under their headings."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        options = [option for option in self.get_params(context) if isinstance(option, click.Option)]
        records = {option.name: record for option in options if (record := option.get_help_record(context))}
        headings = {field.name: field.heading for field in options_of(Recipe)}
        for heading in ("Options", *by_heading(options_of(Recipe))):
            with formatter.section(heading):
                formatter.write_dl([line for name, line in records.items() if headings.get(name, "Options") == heading])


def recipe_options(command: Command) -> Command:
    """--recipe, and an option for every field of a recipe."""
    for field in reversed(options_of(Recipe)):
        command = field_option(field)(command)
    return click.option(
        "--recipe", "word", default="default", show_default=True, type=WORD, metavar="WORD", help=RECIPE
    )(command)


def field_option(field: Option) -> Callable[[Command], Command]:
    """--weight-decay NUMBER, --flip/--no-flip, or a choice of words; a list of numbers is written as one word."""
    word = field.name.replace("_", "-")
    name = f"--{word}/--no-{word}" if field.type is bool else f"--{word}"
    kind, default, metavar = click.Choice(field.choices) if field.choices else field.type, field.default, None
    kind = WORD if kind is str else kind  # of weights, a path
    if field.type == Numbers:
        kind, default, metavar = parse_numbers, number_list(default), "NUMBERS"
    return click.option(
        name, type=kind, default=default, show_default=True, help=field.help, metavar=metavar,
        expose_value=False, callback=keep_field,
    )  # fmt: skip


def keep_field(context: click.Context, option: click.Parameter, value: object) -> None:
    """Keeps what stands on the command line; the recipe itself knows its defaults."""
    if context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE:
        context.meta.setdefault(FIELDS, {})[option.name] = value


def fields_given(context: click.Context) -> dict[str, Any]:
    """The recipe's fields that stand on the command line, with their values."""
    return dict(context.meta.get(FIELDS, {}))


def options_given(context: click.Context) -> list[str]:
    """The parameters that stand on the command line."""
    own = [name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    return [*fields_given(context), *own]
