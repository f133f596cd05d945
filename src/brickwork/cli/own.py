"""--own FILE.py and FILE.py:NAME: layers and networks of one's own, at the command line."""

import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import click

from brickwork.errors import BrickworkError, nearest
from brickwork.network import Layer, Network

OWN_FILES = "brickwork.own"  # the files that --own has named, in click's context
Command = TypeVar("Command", bound=Callable[..., None])

HELP = "A Python file with layers of your own that the network has. It is run: use only files that you trust."


def own_option(command: Command) -> Command:
    """--own FILE.py, as often as needed; the command gets the layers' classes."""
    kind = click.Path(path_type=Path)
    return click.option("--own", multiple=True, metavar="FILE.py", type=kind, help=HELP, callback=_layers)(command)


def _layers(context: click.Context, option: click.Parameter, files: tuple[Path, ...]) -> tuple[type[Layer], ...]:
    context.meta[OWN_FILES] = files
    return tuple(layer for file in files for layer in own_layers(file))


def own_layers(file: Path) -> list[type[Layer]]:
    """The classes of layers that a file defines; raises BrickworkError where it cannot be run or defines none."""
    module = run_file(file)
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Layer)]
    layers = [value for value in found if value.__module__ == module.__name__ and hasattr(value, "kind")]
    if not layers:
        raise BrickworkError(
            f"{file} defines no layer: a layer is a frozen dataclass that inherits brickwork's Layer and has a kind."
        )
    return layers


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


def find_network(text: str) -> Network | str:
    """The network that FILE.py:NAME names, a value or a function that makes one; any other text is a name as it is."""
    file, colon, name = text.rpartition(":")
    if not colon or not file.endswith(".py"):
        if text.endswith(".py"):
            raise BrickworkError(f"{text}: write which network of the file, as in {text}:NAME.")
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
