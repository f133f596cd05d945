"""`brickwork diff`, `brickwork family`, and `brickwork show A B`."""

import json
from pathlib import Path

import pytest

from brickwork import zoo
from brickwork.diffing import diff, family
from brickwork.network import to_json
from shell import Ask


def test_diff_prints_the_edits_and_what_they_cost(ask: Ask) -> None:
    answer = ask("diff", "vgg16", "vgg19")
    assert answer.code == 0
    assert answer.out.startswith("vgg16 to vgg19: 3 edits, price 30\n")
    assert "+5,309,696" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 120


def test_diff_as_json_is_the_value(ask: Ask) -> None:
    document = ask("diff", "lenet5", "alexnet", "--json", "--classes", "5").document
    networks = [zoo.network(name, classes=5) for name in ("lenet5", "alexnet")]
    assert document == json.loads(json.dumps(diff(*networks).to_dict()))


def test_diff_takes_a_network_of_ones_own(ask: Ask, tmp_path: Path) -> None:
    text = to_json(zoo.network("lenet5"))
    (tmp_path / "own.py").write_text(f"from brickwork import from_json\nmine = from_json({text!r})\n")
    assert "the same network" in ask("diff", f"{tmp_path / 'own.py'}:mine", "lenet5").out


def test_family_prints_the_tree_and_its_json(ask: Ask) -> None:
    names = ("lenet5", "alexnet", "nin")
    assert ask("family", *names).out.count("parameters") == 5
    document = ask("family", *names, "--json").document
    assert document == json.loads(json.dumps(family([zoo.network(name) for name in names]).to_dict()))


def test_family_and_two_networks_are_drawn(ask: Ask, tmp_path: Path) -> None:
    for words in (("family", "lenet5", "alexnet"), ("show", "lenet5", "alexnet")):
        file = tmp_path / f"{words[0]}.svg"
        answer = ask(*words, "--svg", file, "--theme", "dark")
        assert (answer.code, answer.out) == (0, f"Picture: {file}\n")
        assert 'class="brickwork dark"' in file.read_text()
        assert ask(*words, "--svg", file).code == 0  # its own picture is written over


def test_show_of_two_is_a_table_and_rows_as_json(ask: Ask) -> None:
    answer = ask("show", "lenet5", "alexnet")
    assert "The second has +60,903,518 parameters" in answer.out
    document = ask("show", "lenet5", "alexnet", "--json", "--depth", "block").document
    assert (document["first"], document["second"]) == ("lenet5", "alexnet")
    assert [row["mark"] for row in document["rows"]].count("+") == 11


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["diff", "lenet5"], "Missing argument 'B'. See 'brickwork diff --help'."),
        (["diff", "lenet5", "alexnot"], "unknown network 'alexnot': did you mean 'alexnet'?"),
        (["diff", "lenet5", "vgg16", "--input", "3x9x9"], "on 3x9x9"),
        (["diff", "lenet5", "nowhere.safetensors"], "nowhere.safetensors: no such model file"),
        (["family", "lenet5"], "a family has two networks at least"),
        (["family", "lenet5", "lenet5"], "lenet5 is named twice"),
        (["family", "lenet5", "alexnet", "--theme", "dark"], "--theme says how a picture is drawn: add --svg FILE.svg"),
        (["family", "lenet5", "alexnet", "--svg", "tree.png"], "has a name that ends in .svg"),
        (["show", "lenet5", "alexnet", "--html", "a.html"], "--html is of one network"),
        (["show", "lenet5", "alexnet", "--batch", "4"], "--batch is of one network"),
        (["show", "lenet5", "alexnet", "--lowered"], "--lowered is of one network"),
        (["show", "lenet5", "alexnet", "--theme", "dark"], "--theme says how a picture is drawn"),
        (["show", "lenet5", "alexnet", "--svg", "nowhere/a.svg"], "there is no folder nowhere"),
    ],
)
def test_a_mistake_is_one_line(ask: Ask, words: list[str], says: str) -> None:
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert answer.err.count("\n") == 1
