"""Serialisation: a network to JSON and back, the architecture in a model file, without code."""

import json
from collections.abc import Sequence
from typing import Any

from brickwork.documents import as_tuples, inside, parse_json
from brickwork.errors import BrickworkError
from brickwork.network import historic, layers
from brickwork.network.algebra import Block, Chain, Concat, Expr, Gate, Named, OnChange, Residual, concat
from brickwork.network.layer import Layer
from brickwork.network.lowering import slicing
from brickwork.network.network import Facts, Network, SideHead

FORMAT = 1  # raised when a document of today could no longer be read
MOST_PARTS = 50_000  # objects and lists in a document; ResNet-1202's has 7,820
MOST_SIDE_HEADS = 100
LONGEST_NAME = 10_000  # characters of what a part is called

ATOMS = {
    name: atom
    for room in (layers, historic, slicing)
    for name, atom in vars(room).items()
    if isinstance(atom, type) and issubclass(atom, Layer) and hasattr(atom, "kind")
}


class UnknownLayer(BrickworkError):
    """A layer of somebody's own: nothing is damaged, but its class has to be given."""


def to_json(network: Network) -> str:
    """The network as one JSON document; layers write only what differs from their defaults."""
    document = {
        "format": FORMAT,
        "name": network.name,
        "input": network.input,
        "classes": network.classes,
        "stages": [to_document(stage) for stage in network.stages],
        "head": to_document(network.head),
        "side_heads": [
            {"name": s.name, "after": s.after, "body": to_document(s.body), "weight": s.weight}
            for s in network.side_heads
        ],
        "facts": vars(network.facts),
    }
    return json.dumps(document)


def from_json(text: str, own: Sequence[type[Layer]] = ()) -> Network:
    """The network that `to_json` wrote; `own` are your own layer classes, if it has any.

    Raises BrickworkError where the text is no such document.
    """
    known = ATOMS | {layer.__name__: layer for layer in own}
    try:
        document = parse_json(text)
        check_extent(document)
        if document["format"] != FORMAT:
            raise BrickworkError(
                f"the network is in format {document['format']!r:.60}, but this version reads {FORMAT}: "
                "update brickwork."
            )
        return _network(document, known)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as fault:
        raise BrickworkError(f"the text is no network that brickwork wrote: {type(fault).__name__} {fault}") from None


def _network(document: dict[str, Any], known: dict[str, type[Layer]]) -> Network:
    if len(document["side_heads"]) > MOST_SIDE_HEADS:
        raise ValueError(f"more than {MOST_SIDE_HEADS} side heads")
    sides = (
        SideHead(s["name"], s["after"], from_document(s["body"], known), s["weight"]) for s in document["side_heads"]
    )
    stages = [from_document(stage, known) for stage in document["stages"]]
    if not all(isinstance(stage, Named) for stage in stages):
        raise BrickworkError("the text is no network that brickwork wrote: a stage has no name.")
    return Network(
        document["name"],
        tuple(document["input"]),
        document["classes"],
        tuple(stages),  # type: ignore[arg-type]
        from_document(document["head"], known),
        tuple(sides),
        Facts(**document["facts"]),
    )


def to_document(expr: Expr) -> dict[str, Any] | list[Any]:
    match expr:
        case Chain(parts):
            return [to_document(part) for part in parts]
        case Concat(paths):
            return {"concat": [to_document(path) for path in paths]}
        case Residual():
            return {"residual": {name: to_document(part) for name, part in vars(expr).items()}}
        case Gate(body):
            return {"gate": to_document(body)}
        case Block(name, arguments, body):
            return {"block": name, "arguments": arguments, "body": to_document(body)}
        case Named(name, body):
            return {"named": name, "body": to_document(body)}
        case OnChange(body):
            return {"on_change": to_document(body)}
    return {"layer": type(expr).__name__, **expr.stated()}


def from_document(document: Any, known: dict[str, type[Layer]]) -> Expr:
    match document:
        case list():
            return Chain(tuple(from_document(part, known) for part in document))
        case {"concat": paths}:
            return concat(*(from_document(path, known) for path in paths))
        case {"residual": parts}:
            return Residual(**{name: from_document(part, known) for name, part in parts.items()})
        case {"gate": body}:
            return Gate(from_document(body, known))
        case {"block": str(name), "arguments": str(arguments), "body": body}:
            return Block(name, arguments, from_document(body, known))
        case {"named": str(name), "body": body}:
            return Named(name, from_document(body, known))
        case {"on_change": body}:
            return OnChange(from_document(body, known))
        case {"layer": str(name), **values}:
            if name not in known:
                raise UnknownLayer(
                    f"the network has a layer {name!r} that is not known here: pass its class in `own`, or its file "
                    "at the command line: --own FILE.py."
                )
            return _layer_from(known[name], values)
    raise ValueError(f"no part of a network: {str(document)[:60]}")


def _layer_from(kind: type[Layer], values: dict[Any, Any]) -> Layer:
    try:
        return kind(**{str(key): as_tuples(value) for key, value in values.items()})
    except BrickworkError as fault:  # the writer had a layer, so the text has been changed
        raise ValueError(str(fault)) from None


def check_extent(document: Any) -> None:
    """Raises ValueError for a document of more parts, or with a longer text, than a network's has."""
    parts, level = 0, [document]
    while level:
        parts += len(level)
        if parts > MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS:,} parts")
        every = [part for value in level for part in inside(value)]
        texts = [part for part in every if isinstance(part, str)]
        if any(len(text) > LONGEST_NAME for text in texts):
            raise ValueError(f"a text of more than {LONGEST_NAME:,} characters")
        if not all(text.replace("\n", "").isprintable() for text in texts):
            raise ValueError("control characters in a text")
        level = [part for part in every if isinstance(part, dict | list)]
