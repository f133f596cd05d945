import json
from pathlib import Path

import pytest

from brickwork import zoo
from brickwork.linting import lint
from brickwork.network import to_json
from shell import Ask


def test_lint_prints_code_place_reason_and_source(ask: Ask) -> None:
    answer = ask("lint", "vgg16_cifar")
    assert answer.code == 0
    assert "warning  N201  bias before batch norm\n         stage1.conv1: 64 biases" in answer.out
    assert "and 10 more" in answer.out
    assert "Mend: bias=False." in answer.out
    assert answer.out.endswith("13 warnings\n")
    assert ask("lint", "resnet50").out == "resnet50 on 3x224x224, 1000 classes\n\nNothing was found.\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("vgg16",), 0),
        (("vgg16", "--input", "3x16x16"), 1),
        (("googlenet", "--input", "64"), 1),
        (("resnet50", "--batch", "1"), 0),
        (("inception_v3", "--batch", "1"), 1),  # its side head ends in a norm on a map of 1x1
        (("nothing",), 2),
    ],
)
def test_the_exit_code_is_1_where_there_are_errors(ask: Ask, words: tuple[str, ...], code: int) -> None:
    assert ask("lint", *words).code == code
    assert ask("lint", *words, "--json").code == code


def test_lint_as_json_is_the_report(ask: Ask) -> None:
    document = ask("lint", "alexnet", "--json", "--classes", "5").document
    assert document == json.loads(json.dumps(lint(zoo.network("alexnet", classes=5)).to_dict()))


def test_lint_takes_a_model_file_and_a_network_of_ones_own(ask: Ask, tmp_path: Path) -> None:
    document = json.dumps({"__metadata__": {"network": to_json(zoo.network("lenet5"))}}).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(document).to_bytes(8, "little") + document)
    (tmp_path / "own.py").write_text("from brickwork import zoo\nmine = zoo.network('lenet5')\n")
    expected = ask("lint", "lenet5", "--json").document
    assert ask("lint", path, "--json").document == expected
    assert ask("lint", f"{tmp_path / 'own.py'}:mine", "--json").document == expected


def test_why_prints_the_arithmetic_of_a_row(ask: Ask) -> None:
    answer = ask("why", "alexnet_owt", "stage1.conv")
    assert answer.code == 0
    assert "(224 + 2*2 - 11) / 4 + 1 = 55, remainder 1" in answer.out
    assert ask("why", "alexnet_owt", "stage1.conv", "--json").document["output"] == [64, 55, 55]
    missing = ask("why", "alexnet_owt", "stage1.cnov")
    assert (missing.code, missing.out) == (2, "")
    assert "did you mean 'stage1.conv'" in missing.err
