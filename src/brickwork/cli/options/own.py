"""--own FILE.py and FILE.py:NAME: layers and networks of one's own, at the command line."""

import sys
from collections.abc import Callable, Iterable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import click

from brickwork.cli.paths import PATH
from brickwork.errors import BrickworkError, nearest
from brickwork.network import Layer, Network
from brickwork.zoo import families

Command = TypeVar("Command", bound=Callable[..., None])

FILES = "brickwork.own"  # the place of the files, in click's own notes on a call
HELP = "A Python file with layers of your own that the network has. It is run: use only files that you trust."


def own_option(command: Command) -> Command:
    """--own FILE.py, as often as needed; the command gets the layers' classes."""
    return click.option("--own", multiple=True, metavar="FILE.py", type=PATH, help=HELP, callback=_layers)(command)


def own_words(files: Iterable[str | Path], network: str | None) -> list[str]:
    """The --own FILE.py that a command takes which reads what was trained with these files and this NETWORK."""
    file, colon, _ = (network or "").rpartition(":")
    found = [Path(file)] if colon and file.endswith(".py") and layers_in(run_file(Path(file))) else []
    return [word for path in dict.fromkeys([*map(Path, files), *found]) for word in ("--own", str(path))]


def _layers(context: click.Context, option: click.Parameter, files: tuple[Path, ...]) -> tuple[type[Layer], ...]:
    context.meta[FILES] = files
    return tuple(layer for file in files for layer in own_layers(file))


def own_given(context: click.Context) -> list[str]:
    """The --own FILE.py that the lines of other commands need, as this command was called."""
    return own_words(context.meta.get(FILES, ()), context.params.get("network"))


def own_layers(file: Path) -> list[type[Layer]]:
    """The classes of layers that a file defines; raises BrickworkError where it cannot be run or defines none."""
    layers = layers_in(run_file(file))
    if not layers:
        raise BrickworkError(
            f"{file} defines no layer: a layer is a frozen dataclass that inherits brickwork's Layer and has a kind."
        )
    return layers


def layers_in(module: ModuleType) -> list[type[Layer]]:
    """The classes of layers that a module itself defines."""
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Layer)]
    return [value for value in found if value.__module__ == module.__name__ and hasattr(value, "kind")]


def run_file(file: Path) -> ModuleType:
    """The module that a file of the person's is; raises BrickworkError, with the line, where it cannot be run."""
    if file.suffix != ".py" or not file.is_file():
        raise BrickworkError(f"{file}: no such Python file.")
    name = f"own_{file.stem}"
    if name in sys.modules and sys.modules[name].__file__ == str(file.resolve()):
        return sys.modules[name]  # run once: its layers are one class each
    spec = spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise BrickworkError(f"{file}: Python cannot import it.")
    module = sys.modules[name] = module_from_spec(spec)  # where dataclasses look for it
    try:
        spec.loader.exec_module(module)
    except Exception as fault:  # whatever a file of one's own does
        del sys.modules[name]
        raise BrickworkError(f"{file}{line_of(file, fault)}: {type(fault).__name__}: {fault}") from None
    return module


def line_of(file: Path, fault: Exception) -> str:
    """The last line of the file that ran, as ":12"; nothing where none did."""
    if isinstance(fault, SyntaxError):
        return f":{fault.lineno}"
    lines, step = [], fault.__traceback__
    while step:
        if step.tb_frame.f_code.co_filename == str(file.resolve()):
            lines.append(step.tb_lineno)
        step = step.tb_next
    return f":{lines[-1]}" if lines else ""


def other_place(text: str) -> str:
    """What to do with a path that is no network: it may be the data, where the command takes some."""
    context = click.get_current_context(silent=True)
    if context and any(option.name == "data" for option in context.command.params):
        return f"Is it the data? Write --data {text}"
    return "Write a network's name, as in 'brickwork list', a model file or FILE.py:NAME."


def find_network(text: str) -> Network | str:
    """The network that FILE.py:NAME names, a value or a function that makes one; any other text is a name as it is."""
    file, colon, name = text.rpartition(":")
    if not colon or not file.endswith(".py"):
        if text.endswith(".py"):
            raise BrickworkError(f"{text}: write which network of the file, as in {text}:NAME.")
        if text and Path(text).exists() and text.partition("[")[0] not in families():
            raise BrickworkError(f"{text} is no network, but a file or a folder. {other_place(text)}")
        return text
    values = vars(run_file(Path(file)))
    if name not in values:
        networks = [key for key, value in values.items() if isinstance(value, Network)]
        raise BrickworkError(f"{file} has no {name!r}: {nearest(name, networks) or 'name a network that it defines.'}")
    return _network_from(text, values[name])


def _network_from(text: str, value: object) -> Network:
    """The value, or what it makes when it is called."""
    try:
        network = value() if callable(value) and not isinstance(value, type) else value
    except TypeError as fault:
        raise BrickworkError(f"{text} is called without arguments to make a network: {fault}.") from None
    if not isinstance(network, Network):
        raise BrickworkError(f"{text} is {type(network).__name__}, not a Network or a function that makes one.")
    return network
