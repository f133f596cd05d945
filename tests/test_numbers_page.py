"""docs/numbers.md says what is so."""

import doctest
import re
from math import ceil
from pathlib import Path

import readme
from brickwork import largest_batch, zoo
from brickwork.cli.options.memory import size_of
from brickwork.network.counts.rules import TOOLS
from brickwork.network.memory.rules import KEEPS
from brickwork.training.tune.range_test import ROOM

TEXT = (Path(__file__).parents[1] / "docs" / "numbers.md").read_text()


def test_the_outputs_are_those_of_the_commands() -> None:
    assert TEXT.count("<!-- output: ") >= 1
    assert readme.update_blocks(TEXT, "output") == TEXT, "run python scripts/readme.py"


def test_the_examples_give_what_stands_below_them() -> None:
    found = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "numbers.md", "numbers.md", 0)
    assert len(found.examples) >= 7
    complaints: list[str] = []
    doctest.DocTestRunner().run(found, out=complaints.append)
    assert not complaints, "".join(complaints)


def test_the_room_for_workspaces_is_that_of_the_code() -> None:
    assert f"counts with {100 * (ROOM - 1):.0f} % for them" in " ".join(TEXT.split())


def test_the_table_of_what_is_kept_names_layers_of_every_kind() -> None:
    rows = " ".join(re.findall(r"^\| (.*?) \| .* \|$", TEXT, re.MULTILINE))
    words = {
        "Conv": "convolution", "Linear": "dense layer", "BatchNorm": "batch norm", "ReLU": "ReLU", "Tanh": "tanh",
        "Sigmoid": "sigmoid", "MaxPool": "max pool", "AvgPool": "mean pool", "Dropout": "dropout", "Flatten": "flatten",
        "LocalResponseNorm": "response norm",
    }  # fmt: skip
    assert all(word in rows for word in words.values())
    assert set(words) <= {layer.__name__ for layer in KEEPS}


def test_the_batches_under_a_limit_are_those_that_are_stated() -> None:
    rows = re.findall(r"^\| (\w+) \| (\S+ \wB) \| (\d+) trains \| \S+ \| (\d+) does not \|$", TEXT, re.MULTILINE)
    assert len(rows) == 3
    for name, limit, batch, more in rows:
        assert int(batch) == largest_batch(zoo.network(name), size_of(limit), device="cpu")
        assert int(more) == ceil(1.15 * int(batch))


def test_the_tools_have_the_versions_and_the_words_of_the_rules() -> None:
    head, called = re.findall(r"^\| (?:counted besides|called).*\|$", TEXT, re.MULTILINE)
    assert [cell.strip() for cell in head.split("|")[2:-1]] == [
        f"{name} {tool.version}" for name, tool in TOOLS.items()
    ]
    units = [cell.strip().partition(",")[0] for cell in called.split("|")[2:-1]]
    assert units == [tool.unit for tool in TOOLS.values()]


def test_the_lines_fit_a_page() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 120] == []
