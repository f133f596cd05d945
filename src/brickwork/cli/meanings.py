"""What a network takes in brackets, and what each word means: flavors, shortcuts, stems."""

from collections.abc import Iterator
from typing import Any, Literal, cast, get_args, get_origin

from brickwork import zoo
from brickwork.network.blocks.residual import FLAVORS
from brickwork.network.columns import Row, format_columns

MEANINGS = {  # an argument, or one of its words
    "flavor=original": "as in the ResNet of 2015 (arXiv 1603.05027, Fig. 4a)",
    "flavor=bn_after_add": "the norm after the sum (Fig. 4b)",
    "flavor=relu_before_add": "ReLU in the body, nothing after the sum (Fig. 4c)",
    "flavor=relu_only_pre": "ReLU first, the norm after the convolution (Fig. 4d)",
    "flavor=pre": "pre-activation, norm and ReLU first (Fig. 4e)",
    "flavor": "an order of your own of conv, norm, relu and + (the sum)",
    "shortcut=A": "the identity; where channels grow, zeros are added: no parameters",
    "shortcut=B": "the identity; where shapes change, a 1x1 convolution",
    "shortcut=C": "a 1x1 convolution everywhere",
    "shortcut=D": "as B, but a mean over 2x2 goes before it where the map is halved",
    "stride=v1.5": "a bottleneck halves the map in its 3x3 convolution, as everybody trains it",
    "stride=v1": "in its first 1x1 convolution, as the paper printed it",
    "stem=7x7": "one 7x7 convolution and a pool, as the paper has it",
    "stem=deep": "three 3x3 convolutions in place of the 7x7 (ResNet-C and -D)",
    "stem=bare": "without norm and ReLU: timm's pre-activation ResNets",
    "stem=caffe": "a pool without padding, as the authors released it in Caffe",
    "stem=dense": "an ordinary first convolution",
    "stem=separable": "the paper's: 8 filters on each colour, then 1x1",
    "drop": "stochastic depth: the last block's chance to be left out in training",
    "dropout": "dropout between a block's convolutions; the paper's is 0.3",
    "batchnorm": "batch norm after every convolution",
    "side_heads": "the classifiers on the way that help the training",
    "side_head": "the classifier on the way that helps the training",
    "width": "every channel number times this; 0.5 costs about a quarter",
}


def bracket_text(text: str, width: int) -> str:
    """What the network's family takes in brackets, a line each, with its meaning."""
    name, _ = zoo.brackets.parse(text)
    takes = {**zoo.brackets.choices(zoo.families()[name]), "width": float}
    rows: list[Row] = [row for key, kind in takes.items() for row in meaning_rows(key, kind)]
    return "\n".join([f"{name} takes in brackets:", *format_columns(rows, "<=", width)])


def meaning_rows(key: str, kind: Any) -> Iterator[tuple[str, str]]:
    """The words of an argument with their meanings, each as it is typed."""
    for word in FLAVORS if key == "flavor" else get_args(kind):
        order = f": {FLAVORS[word]}" if key == "flavor" else ""
        yield f"  {key}={word}", MEANINGS[f"{key}={word}"] + order
    if get_origin(kind) is not Literal:
        yield f"  {key}={value_text(kind)}", MEANINGS[key]


def value_text(kind: object) -> str:
    return {bool: "true|false", int: "N", float: "NUMBER", str: "'ORDER'"}[cast(type, kind)]
