"""NETWORK, --input and --classes: the network that a person means, of the zoo, a file of theirs or a model file."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from brickwork.cli.paths import EXPORTED
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.network import Network, Shape

Command = TypeVar("Command", bound=Callable[..., None])

HEADER = 100_000_000  # bytes of a safetensors file's header at most, as the format says


def network_options(command: Command) -> Command:
    """--input and --classes: what the network is for, where that is not its own."""
    said = "Channels, height and width of the images, as in 3x224x224."
    classes = click.option("--classes", type=click.IntRange(1, 10**9), help="How many classes to tell apart.")
    return click.option("--input", metavar="CxHxW", help=said)(classes(command))


def network_of(text: str, input: str | None, classes: int | None) -> "Network":
    """The network that a person means: a model file's, one of their own, or one of the zoo.

    Raises BrickworkError where there is none, or it cannot have the input or the classes.
    """
    from brickwork import zoo
    from brickwork.cli.options.own import find_network
    from brickwork.network import Network

    shape = zoo.brackets.shape(input) if input is not None else None
    if path := model_path(text):
        return network_in(path, shape, classes)
    found = find_network(text)
    if not isinstance(found, Network):
        return zoo.network(found, input=shape, classes=classes)
    return change_ends(found, shape, classes)


def change_ends(network: "Network", input: "Shape | None", classes: int | None) -> "Network":
    """The network on another input, and with other classes, where they are given."""
    from brickwork.network import with_classes, with_input

    network = with_input(network, input) if input else network
    return with_classes(network, classes) if classes else network


def model_path(text: str) -> Path | None:
    """The model file that a person means; None where it is a network's name."""
    path = Path(text)
    if path.is_dir() and (path / "model.safetensors").is_file():
        return path / "model.safetensors"
    return path if path.suffix == ".safetensors" or path.suffix.lower() in EXPORTED else None


def model_files(words: Sequence[str]) -> list[Path]:
    """The model files among the words for networks, which a command reads and must not write over."""
    return [path for path in map(model_path, words) if path]


def network_in(path: Path, input: "Shape | None", classes: int | None) -> "Network":
    """The network of a model file, on another input or with other classes where they are given; without torch."""
    from brickwork.network import from_json

    document = network_text(path) if path.suffix.lower() in EXPORTED else file_metadata(path).get("network")
    if not isinstance(document, str):
        raise BrickworkError(f"{path}: it holds weights, but not the network that they are of: show that by its name.")
    try:
        network = from_json(document)
    except (BrickworkError, ValueError, RecursionError) as fault:
        raise BrickworkError(f"{path}: the model file is damaged: {fault}") from None
    return change_ends(network, input, classes)


def network_text(path: Path) -> str:
    """The network of an exported model, as JSON; no engine is needed."""
    from brickwork.runtime.exported import read_exported

    return read_exported(path).document.network


def file_metadata(path: Path) -> dict[str, Any]:
    """What stands in a safetensors file beside its weights; these are not read."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= HEADER else None
    except OSError as fault:
        raise BrickworkError(f"{path}: no such model file: {fault.strerror or fault}.") from None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise BrickworkError(f"{path}: not a safetensors file, or a damaged one.")
    metadata = header.get("__metadata__")
    return metadata if isinstance(metadata, dict) else {}
