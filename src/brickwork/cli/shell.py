"""The verbs, and what becomes of mistakes, Ctrl-C and closed pipes."""

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import click

from brickwork import __version__
from brickwork.cli.output import notify, silence_stdout
from brickwork.cli.paths import EXPORTED
from brickwork.errors import BrickworkError, nearest, require
from brickwork.training.signals import Stopped


class Verb(NamedTuple):
    """A command: its module in brickwork.cli.commands, imported when it is asked for, and what it cannot do without."""

    module: str
    needs: tuple[str, ...] = ()  # packages of the extra "train"; the base install has all others
    spared: tuple[str, ...] = ()  # endings of files with which it does without them


TORCH = ("torch", "torchvision")
LONGEST = 10_000  # characters of a line that tells a mistake; some hold a path of 4,096

VERBS = {
    "list": Verb("list_networks"),
    "show": Verb("show"),
    "diff": Verb("diff"),
    "family": Verb("diff"),
    "lint": Verb("lint"),
    "why": Verb("why"),
    "faithful": Verb("study.faithful"),
    "quiz": Verb("study.quiz"),
    "lecture": Verb("lecture"),
    "scale": Verb("scale"),
    "check": Verb("check"),
    "train": Verb("train", (*TORCH, "rich")),
    "evaluate": Verb("evaluate", TORCH),
    "predict": Verb("predict", TORCH, EXPORTED),
    "export": Verb("export", (*TORCH, "rich")),
    "bench": Verb("bench", TORCH),
    "doctor": Verb("doctor"),
}


class Commands(click.Group):
    """Commands in the order in which they are written; an unknown one is answered with the nearest, and one whose
    packages are not installed with the line that installs them.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        if name in self.commands:
            return self.commands[name]
        if name not in VERBS:
            raise BrickworkError(f"unknown command {name!r}: {nearest(name, list(VERBS))}")
        for value in vars(import_module(f"brickwork.cli.commands.{VERBS[name].module}")).values():
            if isinstance(value, click.Command):
                self.add_command(value)
        return self.commands[name]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, words = super().resolve_command(ctx, args)
        if name in VERBS and not set(words) & set(ctx.help_option_names):  # help needs nothing
            spared = any(word.lower().endswith(VERBS[name].spared) for word in words)
            for package in () if spared else VERBS[name].needs:
                require(package, "train", name)
        return name, command, words


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def brickwork(context: click.Context) -> None:
    """The convolutional networks from LeNet to ResNet: read, cost, train and use them.

    Every command prints its own help with --help, and one JSON document with --json.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """The exit code: 0; 2 after a mistake of the person at the keyboard; 1 where nobody reads on; 130 after Ctrl-C and
    143 after SIGTERM, which is 128 and the signal's number.
    """
    mend_streams()
    try:
        code = brickwork.main(list(arguments), prog_name="brickwork", standalone_mode=False)
        sys.stdout.flush()
        return code or 0
    except BrokenPipeError:
        silence_stdout()
        return 1
    except (BrickworkError, click.UsageError, OSError) as mistake:
        notify(f"brickwork: {error_line(mistake)}")
        return mistake.exit_code if isinstance(mistake, BrickworkError) else 2
    except (KeyboardInterrupt, click.Abort):
        print("brickwork: stopped.", file=sys.stderr)
        return 130
    except Stopped as stop:  # a training that has a checkpoint says so itself
        print("brickwork: stopped before the first step: the same command begins anew.", file=sys.stderr)
        return 128 + stop.signal


def mend_streams() -> None:
    """Makes printing safe where a stream is closed, and where it cannot show all characters."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called; printing to None would go to the other one
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name need not be text that a terminal can show


def error_line(mistake: BrickworkError | click.UsageError | OSError) -> str:
    """A mistake in one line."""
    match mistake:
        case click.NoSuchOption(ctx=click.Context() as context):
            options = (option for option in context.command.get_params(context) if isinstance(option, click.Option))
            known = [word for option in options for word in option.opts]
            text = f"unknown option {mistake.option_name!r}: {nearest(mistake.option_name, known)}{usage(context)}"
        case click.UsageError(ctx=click.Context() as context, message=message) if "unexpected extra arg" in message:
            text = f"{message.rstrip('.')}.{data_hint(context)}{usage(context)}"
        case click.UsageError(ctx=context):
            text = f"{mistake.format_message().rstrip('.')}.{usage(context)}"
        case OSError(filename=str(name), strerror=str(reason)):
            text = f"{name}: {reason}."
        case OSError(strerror=str(reason)):  # as where standard output is a file on a full disk
            text = f"{reason}."
        case _:
            text = str(mistake)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."


def data_hint(context: click.Context) -> str:
    """That the data has an option, for who types it as an argument."""
    options = (option.name for option in context.command.params if isinstance(option, click.Option))
    return " The data is given as --data SOURCE." if "data" in options else ""


def usage(context: click.Context | None) -> str:
    return f" See '{context.command_path if context else 'brickwork'} --help'."
