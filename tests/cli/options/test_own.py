"""Layers and networks of one's own at the command line."""

from pathlib import Path

import pytest

from brickwork.cli.options.own import find_network, own_layers
from brickwork.errors import BrickworkError
from brickwork.network import Network
from shell import Ask

LAYERS = '''
from __future__ import annotations
from dataclasses import dataclass
from typing import ClassVar
from torch import nn
from brickwork.network import Layer, Network, chain, stages
from brickwork.network.layers import Conv, Flatten, GlobalAvgPool, Linear

@dataclass(frozen=True, repr=False)
class Mish(Layer):
    """A layer of one's own."""
    beta: float = 1.0
    kind: ClassVar[str] = "mish"
    def module(self, shape):
        return nn.Mish()

body = stages(stem=chain(Conv(8, 3, stride=4), Mish(beta=1.0)))
tiny = Network("tiny", (1, 28, 28), 10, body, chain(GlobalAvgPool(), Flatten(), Linear(10)))

def make(): return tiny
def needs(width): return tiny
number = 7
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(LAYERS)
    return tmp_path / "mine.py"


def test_a_file_gives_the_layers_that_it_defines_and_no_others(file: Path) -> None:
    assert [layer.__name__ for layer in own_layers(file)] == ["Mish"]
    assert own_layers(file) == own_layers(file)


def test_a_network_is_a_value_of_a_file_or_what_a_function_makes(file: Path) -> None:
    tiny = find_network(f"{file}:tiny")
    assert isinstance(tiny, Network)
    assert find_network(f"{file}:make") == tiny
    assert find_network("resnet20[width=0.5]") == "resnet20[width=0.5]"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "write which network of the file, as in {}:NAME."),
        ("{}:tinny", "{} has no 'tinny': did you mean 'tiny'?"),
        ("{}:number", "{}:number is int, not a Network or a function that makes one."),
        ("{}:needs", "{}:needs is called without arguments to make a network: needs() missing 1 required positional"),
        ("{}x.py:a", "{}x.py: no such Python file."),
    ],
)
def test_what_is_no_network_is_told_in_a_line(text: str, says: str, file: Path) -> None:
    with pytest.raises(BrickworkError) as caught:
        find_network(text.format(file))
    assert says.format(file) in str(caught.value)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("a = 1\n", " defines no layer: a layer is a frozen dataclass"),
        ("a = 1\nb = a / 0\n", ":2: ZeroDivisionError: division by zero"),
        ("a = 1\n\ndef b(:\n", ":3: SyntaxError: "),
        ("import no_such_module_at_all\n", ":1: ModuleNotFoundError: "),
    ],
)
def test_a_file_that_does_not_run_is_told_with_its_line(code: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text(code)
    with pytest.raises(BrickworkError) as caught:
        own_layers(path)
    assert str(caught.value).startswith(f"{path}{says}")


def test_a_network_of_ones_own_is_trained_evaluated_and_resumed(ask: Ask, file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = ask("train", f"{file}:tiny", "--epochs", "1", "--out", run, "--batch", "1000")
    assert answer.code == 0, answer.err
    model = run / "model.safetensors"
    refused = ask("evaluate", model, "--data", "fashion")
    assert refused.code == 2
    assert "damaged" not in refused.err
    assert "a layer 'Mish' that is not known here" in refused.err
    assert "--own FILE.py" in refused.err
    assert ask("evaluate", model, "--data", "fashion", "--own", file).code == 0
    assert ask("train", "--resume", run, "--own", file).code == 0
