import json
import subprocess
import sys
from pathlib import Path

import pytest

from brickwork import cost, count_like, zoo
from brickwork.network import to_json
from brickwork.network.memory import largest_batch, training_memory
from shell import Ask


def test_show_prints_the_table_on_the_input_asked_for(ask: Ask) -> None:
    answer = ask("show", "vgg11", "--input", "1x224x224", "--classes", "10", "--depth", "stage")
    assert answer.code == 0
    assert "vgg11 on 1x224x224, 10 classes" in answer.out
    assert "128,806,154" in answer.out


def test_show_says_what_stands_in_brackets(ask: Ask) -> None:
    text = ask("show", "vgg11[batchnorm=true]").out
    assert (
        "vgg11 takes in brackets:\n  batchnorm=true|false  batch norm after every convolution\n  width=NUMBER" in text
    )


FIELDS = ("path", "kind", "output", "params", "macs", "bytes", "field", "least_field", "stride", "centre")


def test_show_as_json_has_exactly_the_promised_fields(ask: Ask) -> None:
    document = ask("show", "resnet20[width=0.5]", "--json", "--input", "1x28x28").document
    assert list(document) == [
        "name", "input", "classes", "params", "macs", "bytes", "side_heads", "smallest_input", "rows",
    ]  # fmt: skip
    assert (document["name"], document["input"], document["classes"]) == ("resnet20[width=0.5]", [1, 28, 28], 10)
    assert {tuple(row) for row in document["rows"]} == {FIELDS}
    assert document["side_heads"] == []
    assert document["smallest_input"] == [1, 1]


def test_show_as_json_has_fields_strides_and_centres(ask: Ask) -> None:
    rows = {row["path"]: row for row in ask("show", "resnet50", "--json", "--depth", "stage").document["rows"]}
    last = rows["stage5"]
    assert (last["least_field"], last["field"], last["stride"], last["centre"]) == (
        [11] * 2,
        [427] * 2,
        [32] * 2,
        [0] * 2,
    )
    assert rows["head"]["stride"] is None
    assert rows["head"]["centre"] == [96, 96]


def test_show_as_json_has_side_heads_with_a_row_for_each_layer(ask: Ask) -> None:
    document = ask("show", "googlenet", "--json").document
    assert [side["name"] for side in document["side_heads"]] == ["side1", "side2"]
    assert document["side_heads"][0]["params"] == 3_188_840
    assert {tuple(row) for side in document["side_heads"] for row in side["rows"]} == {FIELDS}
    assert sum(row["macs"] for row in document["side_heads"][0]["rows"]) == document["side_heads"][0]["macs"]
    assert document["smallest_input"] == [79, 79]


def test_show_tells_the_memory_of_a_batch_and_the_batch_of_a_memory(ask: Ask) -> None:
    words = ("show", "vgg16", "--batch", "32", "--memory", "8GB", "--precision", "bf16", "--optimizer", "adamw")
    answer, document = ask(*words), ask(*words, "--json").document
    memory = training_memory(zoo.network("vgg16"), 32, precision="bf16", optimizer="adamw")
    assert document["memory"] == {**memory.to_dict(), "precision": "bf16", "optimizer": "adamw"}
    assert document["largest_batch"] == largest_batch(
        zoo.network("vgg16"), 8 * 10**9, precision="bf16", optimizer="adamw"
    )
    assert "Training with batch 32 in bf16 by adamw takes " in answer.out
    assert f"8.00 GB hold a batch of {document['largest_batch']}." in answer.out
    assert "8.59 GB hold" in ask("show", "vgg16", "--memory", "8GiB").out
    assert "1.00 MB do not hold a batch of one image." in ask("show", "vgg16", "--memory", "1mb").out


def test_show_tells_what_other_tools_count(ask: Ask) -> None:
    words = ("show", "resnet20", "--count", "fvcore", "--count", "torchvision")
    document = ask(*words, "--json").document
    assert document["counts"] == [
        json.loads(json.dumps(count_like(zoo.network("resnet20"), tool).to_dict()))
        for tool in ("fvcore", "torchvision")
    ]
    assert "counts" not in ask("show", "resnet20", "--json").document
    text = " ".join(ask(*words).out.split())
    assert "fvcore 0.1.5 counts 40,931,968 flops (41,497,216 in training mode) and 269,722 parameters: " in text
    assert "torchvision 0.29 counts 0.041 GFLOPS and 269,722 parameters: 40,551,040 MACs. Its tables" in text


def test_show_counts_what_is_shown(ask: Ask) -> None:
    document = ask("show", "resnet20", "--lowered", "--count", "fvcore", "--json").document
    assert [part["of"] for part in document["counts"][0]["differences"]] == [
        "adaptive pooling (1 a number that enters)"
    ]


@pytest.mark.parametrize("depth", ["stage", "block", "layer"])
def test_the_rows_of_show_sum_to_the_network_at_every_depth(ask: Ask, depth: str) -> None:
    document = ask("show", "googlenet", "--json", "--depth", depth).document
    total = cost(zoo.network("googlenet"))
    assert len(document["rows"]) == len(total.at(depth))
    for key, number in (("params", total.params), ("macs", total.macs)):
        assert document[key] == sum(row[key] for row in document["rows"]) == number


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "resnet5O"], "unknown network 'resnet5O': did you mean 'resnet50'? See 'brickwork list'."),
        (["show", "resnet"], "See 'brickwork list resnet'."),
        (["show", "resnet50", "--memory", "8"], "'8' is no size of memory: write it as in 8GB, 512MB or 8GiB."),
        (
            ["show", "resnet50", "--count", "thop"],
            "'thop' is not one of 'fvcore', 'torchinfo', 'ptflops', 'torchvision'",
        ),
        (["show", "qqqqqq"], "unknown network 'qqqqqq': see 'brickwork list'."),
        (["show", "vgg11", "--input", "224x224"], "'224x224' has 224 channels, which come first: did you mean 3x224x"),
        (["show", "vgg11", "--input", "64x32x3"], "'64x32x3' has 64 channels, which come first: did you mean 3x64x32?"),
        (["show", "resnet20[widht=2]"], "resnet20 has no argument 'widht': did you mean 'width'?"),
        (["show", "resnet20[width=two]"], "resnet20[width=two]: width is a number."),
        (["show", "vgg11[batchnorm=maybe]"], "vgg11[batchnorm=maybe]: batchnorm is true or false."),
        (["show", "vgg11", "--input", "3xx"], "'3xx' is no input: write channels x height x width, as in 3x224x224."),
        (["show", "vgg11", "--input", "3x20x20"], "stage5.maxpool: MaxPool(2, stride=2) needs a map of at least 2x2"),
        (["show", "vgg11", "--input", "3x20x20"], "The smallest square input that fits is 3x32x32."),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_mistake_is_one_line_on_standard_error_and_exit_code_2(
    ask: Ask, words: list[str], says: str, form: list[str]
) -> None:
    answer = ask(*words, *form)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("brickwork: ")
    assert says in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("words", [["list"], ["show", "resnet152", "--json"], ["lecture"]], ids=" ".join)
def test_commands_that_read_networks_import_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys\nfrom brickwork.cli.shell import run\n"
        f"run({words!r})\n"
        "sys.exit(str(sorted({'numpy', 'PIL', 'rich', 'safetensors', 'torch'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == "[]\n"


def test_show_takes_a_model_file_or_its_run_without_torch(ask: Ask, tmp_path: Path) -> None:
    made = zoo.network("resnet20[width=0.5]", classes=3)
    document = json.dumps({"__metadata__": {"network": to_json(made)}}).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(document).to_bytes(8, "little") + document)
    named = ask("show", "resnet20[width=0.5]", "--classes", "3", "--json").document
    for word in (path, tmp_path):
        assert ask("show", word, "--json").document == named
    assert "in brackets" not in ask("show", path).out
    assert ask("show", path, "--input", "3x40x40", "--classes", "7", "--json").document["input"] == [3, 40, 40]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a safetensors file, or a damaged one."),
        (b"\xff" * 64, "not a safetensors file, or a damaged one."),
        ((2).to_bytes(8, "little") + b"[]", "not a safetensors file, or a damaged one."),
        ((2).to_bytes(8, "little") + b"{}", "it holds weights, but not the network that they are of"),
        ((38).to_bytes(8, "little") + b'{"__metadata__": {"network": "[1, 2"}}', "the model file is damaged"),
        (None, "no such model file"),
    ],
)
def test_a_file_without_a_network_is_one_line(ask: Ask, tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "w.safetensors"
    if content is not None:
        path.write_bytes(content)
    answer = ask("show", path)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith(f"brickwork: {path}: ")
    assert says in answer.err


def test_show_lowered_prints_the_lowered_network_and_what_was_done(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    answer = ask("show", "resnet18", "--lowered", "--depth", "layer")
    assert "Lowered: folded 20 norms; layers 61 -> 41, MACs 1,814,073,344 -> 1,814,073,344." in answer.out
    assert "norm" not in answer.out.partition("Lowered")[0]
    assert "basic(64, lowered=1)" in ask("show", "resnet18", "--lowered").out


def test_show_lowered_merges_where_it_is_asked_for(ask: Ask) -> None:
    document = ask("show", "googlenet", "--lowered", "--merge", "--depth", "layer", "--json").document
    assert "merged 27 1x1 convolutions into 9" in document["lowered"]
    assert [row["kind"] for row in document["rows"]].count("slice") == 27
    assert "lowered" not in ask("show", "googlenet", "--json").document


def test_show_merges_nothing_that_is_not_lowered(ask: Ask) -> None:
    answer = ask("show", "googlenet", "--merge")
    assert (answer.code, answer.err) == (2, "brickwork: --merge is a step of lowering: add --lowered.\n")


@pytest.mark.parametrize("size", ["9" * 400 + "GB", "9999999999TB", "", "8", "-1GB"])
def test_a_size_that_no_memory_has_is_one_line(ask: Ask, size: str) -> None:
    answer = ask("show", "lenet5", "--memory", size)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "is no size of memory: write it as in 8GB" in answer.err
