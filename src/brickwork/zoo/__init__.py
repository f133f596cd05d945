"""Every network by name. A family is one file here: a docstring, a table `NETWORKS` with a row for each
name, and a function of the file's name that makes a network from a name. A new file is found by itself.
"""

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from brickwork.errors import BrickworkError, nearest
from brickwork.network import Network, Shape, with_width
from brickwork.zoo.brackets import parse, parse_arguments

Make = Callable[..., Network]


@cache
def families() -> dict[str, Make]:
    """The function that makes each network, by the network's name."""
    makers: dict[str, Make] = {}
    for module in iter_modules(__path__):
        family = import_module(f"{__name__}.{module.name}")
        for name in getattr(family, "NETWORKS", ()):
            makers[name] = getattr(family, module.name)  # the function that bears the file's name
    return makers


def names(pattern: str = "*") -> list[str]:
    """The names that match a pattern such as "res*", each family in its own order."""
    return [name for name in families() if fnmatch(name, pattern)]


def advice(name: str) -> str:
    """The end of an error about an unknown name: the nearest name, and the command that lists them."""
    catalogue = f"'brickwork list {name}'" if names(f"{name}*") else "'brickwork list'"
    close = nearest(name, names())
    return f"{close} See {catalogue}." if close else f"see {catalogue}."


def network(text: str, *, input: Shape | None = None, classes: int | None = None) -> Network:
    """A network from its name and arguments in brackets, as in "resnet20[width=0.5]".

    `width` multiplies all channel numbers and is there for every network; the others are those of the
    family's function. Raises BrickworkError for an unknown name, argument or value, with the nearest right one.
    """
    name, words = parse(text)
    if name not in families():
        raise BrickworkError(f"unknown network {name!r}: {advice(name)}")
    make = families()[name]
    arguments = parse_arguments(name, make, words)
    width = arguments.pop("width", 1.0)
    arguments |= {key: value for key, value in (("input", input), ("classes", classes)) if value is not None}
    made = with_width(make(name, **arguments), width)
    inside = ",".join(f"{key}={word}" for key, word in words.items())
    return replace(made, name=f"{name}[{inside}]" if words else name)
