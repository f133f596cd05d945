"""--data and --groups, as commands take them."""

import click
import pytest

from brickwork.cli.options.data import data_options


def test_data_must_be_given_unless_there_is_a_default() -> None:
    said: list[str] = []

    def command(data: str, groups: str) -> None:
        said.append(f"{data} {groups}")

    open_ = click.command()(data_options("fashion")(command))
    open_.main([], standalone_mode=False)
    open_.main(["--data", "photos", "--groups", "(p)"], standalone_mode=False)
    assert said == ["fashion ", "photos (p)"]
    with pytest.raises(click.MissingParameter):
        click.command()(data_options()(command)).main([], standalone_mode=False)
