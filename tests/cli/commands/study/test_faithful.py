import json
from pathlib import Path

from brickwork import zoo
from brickwork.papers import faithful
from shell import Ask


def test_faithful_prints_the_paper_s_table_and_the_reasons(ask: Ask) -> None:
    answer = ask("faithful", "resnet50")
    assert (answer.code, answer.err) == (0, "")
    assert "He, Zhang, Ren, Sun 2015, arXiv 1512.03385, Table 1" in answer.out
    assert "3.8x10^9, here 4.09x10^9 [1]" in answer.out
    assert answer.out.endswith("1 with their end cut off, 1 different.\n")


def test_faithful_as_json_is_the_comparison(ask: Ask) -> None:
    document = ask("faithful", "inception_v3", "--json").document
    assert document == json.loads(json.dumps(faithful(zoo.network("inception_v3")).to_dict()))


def test_faithful_says_where_there_is_nothing_to_compare_with(ask: Ask) -> None:
    answer = ask("faithful", "vgg16_cifar")
    assert answer.code == 0
    assert answer.out.startswith("No table of vgg16_cifar is published:")
    assert ask("faithful", "vgg16_cifar", "--json").document["published"] is False


def test_faithful_takes_a_network_of_ones_own(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("from brickwork import zoo\nmine = zoo.network('nin_cifar', classes=3)\n")
    own = ask("faithful", f"{tmp_path / 'own.py'}:mine", "--json").document
    assert own["cells"] == ask("faithful", "nin_cifar", "--json").document["cells"]


def test_a_misspelt_network_is_one_line(ask: Ask) -> None:
    answer = ask("faithful", "resnet5O")
    assert (answer.code, answer.out) == (2, "")
    assert "did you mean 'resnet50'" in answer.err
