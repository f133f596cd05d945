"""What the options of `list`, `show`, `lecture` and `doctor` change, and that text and JSON say the same."""

from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from brickwork import __version__, cost, zoo
from brickwork.cli.meanings import bracket_text
from shell import Ask

LENET = [  # LeNet-5 as lectures teach it, by hand: path, kind, output, parameters, MACs
    ("stage1.conv", "conv", [6, 28, 28], 6 * 25 + 6, 6 * 25 * 28 * 28),
    ("stage1.sigmoid", "sigmoid", [6, 28, 28], 0, 0),
    ("stage1.avgpool", "avgpool", [6, 14, 14], 0, 0),
    ("stage2.conv", "conv", [16, 10, 10], 16 * 6 * 25 + 16, 16 * 6 * 25 * 100),
    ("stage2.sigmoid", "sigmoid", [16, 10, 10], 0, 0),
    ("stage2.avgpool", "avgpool", [16, 5, 5], 0, 0),
    ("head.flatten", "flatten", [400], 0, 0),
    ("head.linear1", "linear", [120], 400 * 120 + 120, 400 * 120),
    ("head.sigmoid1", "sigmoid", [120], 0, 0),
    ("head.linear2", "linear", [84], 120 * 84 + 84, 120 * 84),
    ("head.sigmoid2", "sigmoid", [84], 0, 0),
    ("head.linear3", "linear", [10], 84 * 10 + 10, 84 * 10),
]
FIELDS = [5, 5, 6, 14, 14, 16, 16, 16, 16, 16, 16, 16]  # sides of what each has seen, in pixels


def rows_of(document: Any) -> list[tuple[Any, ...]]:
    names = ("path", "kind", "output", "params", "macs")
    return [tuple(row[name] for name in names) for row in document["rows"]]


def body(text: str) -> list[list[str]]:
    """The words of a table's rows, with those of its sums at the end."""
    lines = text.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("path"))
    end = next(number for number, line in enumerate(lines) if line.startswith("total"))
    return [
        line.split() for line in lines[head + 1 : end + 1] if set(line) - set("-\N{BOX DRAWINGS LIGHT HORIZONTAL} ")
    ]


def test_show_layer_by_layer_is_lenet_worked_out_by_hand(ask: Ask) -> None:
    document = ask("show", "lenet5", "--depth", "layer", "--json").document
    assert rows_of(document) == LENET
    assert (document["params"], document["macs"]) == (61_706, 416_520)


def test_show_by_stage_sums_the_layers(ask: Ask) -> None:
    sums = []
    for stage in ("stage1", "stage2", "head"):
        rows = [row for row in LENET if row[0].startswith(stage)]
        sums.append((stage, "stage", rows[-1][2], sum(row[3] for row in rows), sum(row[4] for row in rows)))
    assert rows_of(ask("show", "lenet5", "--depth", "stage", "--json").document) == sums


def test_show_by_block_is_the_default(ask: Ask) -> None:
    for form in ((), ("--json",)):
        usual = ask("show", "resnet20", *form).out
        assert usual == ask("show", "resnet20", "--depth", "block", *form).out
        assert usual != ask("show", "resnet20", "--depth", "layer", *form).out
        assert usual != ask("show", "resnet20", "--depth", "stage", *form).out
    paths = [row["path"] for row in ask("show", "resnet20", "--json").document["rows"]]
    blocks = [f"stage{stage}.{block}" for stage in (1, 2, 3) for block in (0, 1, 2)]
    assert [path for path in paths if path.startswith("stage")] == blocks


@pytest.mark.parametrize("depth", ["stage", "block", "layer"])
@pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet20"])
def test_the_printed_table_has_the_numbers_of_the_json(
    ask: Ask, name: str, depth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    document = ask("show", name, "--depth", depth, "--json").document
    *rows, total = body(ask("show", name, "--depth", depth).out)
    assert len(rows) == len(document["rows"])
    for words, row in zip(rows, document["rows"], strict=True):
        output = "x".join(map(str, row["output"]))
        numbers = [output, f"{row['params']:,}", f"{row['macs']:,}", *share_of(row["macs"], document["macs"])]
        assert words[0] == row["path"]
        assert " ".join(numbers) in " ".join(words)
    assert total == ["total", f"{document['params']:,}", f"{document['macs']:,}"]


def share_of(macs: int, total: int) -> list[str]:
    """The share as the table has it: whole percents, and nothing for a row without MACs."""
    return [] if not macs else ["<1"] if macs * 200 < total else [f"{100 * macs / total:.0f}"]


def test_the_printed_fields_are_those_worked_out_by_hand(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")  # stride and centre, which come after the field, have no room
    *rows, _ = body(ask("show", "lenet5", "--depth", "layer").out)
    # a dense layer sees what its map has seen, of which this column is the field of one number
    assert [int(words[-1]) for words in rows][:6] == FIELDS[:6]


def test_show_says_how_much_the_activations_and_the_side_heads_take(ask: Ask) -> None:
    assert ask("show", "lenet5").out.splitlines()[0] == ("lenet5 on 1x28x28, 10 classes: 61.7 k parameters, 417 k MACs")
    numbers = 2 * 6 * 28 * 28 + 6 * 14 * 14 + 2 * 16 * 100 + 400 * 2 + 2 * 120 + 2 * 84 + 10
    assert numbers == 15_002
    assert "\n60.0 kB of activations for one image in float32.\n" in ask("show", "lenet5").out
    text = " ".join(ask("show", "googlenet").out.split())
    assert "side1 reads stage4.4a: 3,188,840 parameters in training, loss x 0.3." in text
    assert "side2 reads stage4.4d: 3,190,888 parameters in training, loss x 0.3." in text
    assert "Szegedy et al. 2014, arXiv 1409.4842, Table 1" in text


def test_input_and_classes_change_what_depends_on_them(ask: Ask) -> None:
    document = ask("show", "lenet5", "--input", "3x32x36", "--classes", "7", "--depth", "layer", "--json").document
    assert (document["input"], document["classes"]) == ([3, 32, 36], 7)
    rows = {row["path"]: row for row in document["rows"]}
    assert rows["stage1.conv"]["params"] == 6 * 3 * 25 + 6
    assert rows["head.flatten"]["output"] == [16 * 6 * 7]
    assert rows["head.linear3"]["params"] == 84 * 7 + 7
    assert "lenet5 on 3x32x36, 7 classes" in ask("show", "lenet5", "--input", "3x32x36", "--classes", "7").out


@pytest.mark.parametrize(
    "words",
    [("--classes", "0"), ("--classes", "-1"), ("--classes", "1000000001"), ("--classes", "ten"), ("--depth", "brick")],
)
def test_show_refuses_what_cannot_be(ask: Ask, words: tuple[str, str]) -> None:
    answer = ask("show", "lenet5", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert words[0] in answer.err


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("lenet5", ["width=NUMBER"]),
        ("googlenet", ["side_heads=true|false", "width=NUMBER"]),
        ("resnet20", ["flavor=pre", "shortcut=A", "shortcut=D", "drop=NUMBER", "width=NUMBER"]),
        ("resnet50", ["flavor=bn_after_add", "stride=v1", "stem=deep"]),
    ],
)
def test_show_ends_with_the_arguments_of_the_family_and_their_meanings(
    ask: Ask, name: str, says: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    rows = dict(line.split(maxsplit=1) for line in ask("show", name).out.partition("in brackets:\n")[2].splitlines())
    assert set(says) <= rows.keys()
    assert all(len(meaning) > 8 for meaning in rows.values())


def test_every_word_that_any_network_takes_has_a_meaning() -> None:
    assert all(f"{name} takes in brackets:" in bracket_text(name, 120) for name in zoo.names())


def test_the_largest_rows_stand_first_where_they_are_sorted(ask: Ask) -> None:
    for word, key in (("parameters", "params"), ("macs", "macs")):
        rows = ask("show", "vgg11", "--depth", "layer", "--sort", word, "--json").document["rows"]
        sizes = [row[key] for row in rows]
        assert sizes == sorted(sizes, reverse=True)
    text = ask("show", "vgg11", "--depth", "layer", "--sort", "parameters").out
    assert text.index("head.linear1") < text.index("stage1.conv")
    assert "%: the share of all parameters." in text
    first = next(line for line in text.splitlines() if line.startswith("head.linear1"))
    assert "102,764,544" in first
    assert first.split()[-2] == "77"  # of 132,863,336


@pytest.mark.parametrize("pattern", ["res", "vgg1?", "*bn*", "[ln]*", "googlenet"])
def test_list_keeps_to_its_pattern_and_prints_what_the_json_has(
    ask: Ask, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    whole = pattern if set(pattern) & set("*?[") else f"*{pattern}*"
    document = ask("list", pattern, "--json").document
    assert {each["name"] for each in document} == {name for name in zoo.names() if fnmatch(name, whole)}
    text = ask("list", pattern).out
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line.startswith("  ")}
    assert rows.keys() == {each["name"] for each in document}
    for each in document:
        network = zoo.network(each["name"])
        assert (each["params"], each["macs"]) == (cost(network).params, cost(network).macs)
        assert (each["input"], each["classes"]) == (list(network.input), network.classes)
        assert rows[each["name"]][1:3] == ["x".join(map(str, each["input"])), str(each["classes"])]
        assert each["note"] in " ".join(text.split())
        assert text.index(each["paper"]) < text.index(f"  {each['name']} ")


def test_lecture_prints_each_claim_of_the_json_with_its_verdict(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    document, text = ask("lecture", "--json").document, ask("lecture").out
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for claim in document:
        computed = claim["computed"]
        if isinstance(computed, list):
            shown = "x".join(map(str, computed))
        else:
            shown = f"{computed:,}" if computed >= 10_000 else str(computed)
        assert f"{claim['what']} {claim['slide']} {shown} {claim['verdict']}" in lines
        assert claim["section"] in lines
        assert not claim["note"] or claim["note"] in " ".join(text.split())
    assert [claim["section"] for claim in document] == sorted(
        (claim["section"] for claim in document), key=[claim["section"] for claim in document].index
    )


def test_doctor_prints_the_packages_and_processors_of_the_json(ask: Ask) -> None:
    answer, document = ask("doctor"), ask("doctor", "--json").document
    lines = [line.split() for line in answer.out.splitlines()]
    assert answer.code == 0
    assert document["brickwork"] == __version__
    assert answer.out.startswith(f"brickwork {__version__} on Python {document['python']}, {document['platform']}\n")
    for each in document["packages"]:
        extra = ["extra", each["extra"]] if each["extra"] else []
        assert [each["name"], each["needed"], each["found"] or "no", *extra] in lines
        if each["found"]:
            assert each["found"] == metadata.version(each["name"])
    for each in document["processors"]:
        memory = [f"{each['memory'] / 2**30:.0f}", "GiB"] if each["memory"] else []
        threads = [str(each["threads"])] if each["threads"] else []
        assert [*each["name"].split(), *threads, *memory, "yes" if each["bf16"] else "no"] in lines
    assert all(line in answer.out for line in document["advice"])


def test_doctor_counts_the_cache_and_names_its_folder(ask: Ask, tmp_path: Path) -> None:
    packs = tmp_path / ".cache" / "packs"
    packs.mkdir(parents=True)
    (packs / "a.pack").write_bytes(b"0" * 1234)
    document = ask("doctor", "--json").document
    assert (document["cache"], document["cached"]) == (str(packs), 1234)


@pytest.mark.parametrize(
    "verb", ["list", "show", "lecture", "check", "train", "evaluate", "predict", "bench", "doctor"]
)
def test_every_command_has_help_by_both_names_and_json_among_its_options(ask: Ask, verb: str) -> None:
    answer = ask(verb, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == ask(verb, "-h").out
    assert answer.out.startswith(f"Usage: brickwork {verb}")
    assert "--json" in answer.out
    assert "Example" in answer.out


def test_the_version_is_the_packages(ask: Ask) -> None:
    assert ask("--version").out == f"{__version__}\n"
