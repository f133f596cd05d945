import pytest

from brickwork import zoo
from shell import Ask


def test_list_has_a_row_for_every_network(ask: Ask) -> None:
    answer = ask("list")
    rows = [
        line for line in answer.out.splitlines() if line.startswith("  ") and line[2] != " "
    ]  # a note may go on below
    names = [row.split()[0] for row in rows]
    assert answer.code == 0
    assert sorted(names) == sorted(zoo.names())


def test_list_takes_a_part_of_a_name_or_a_pattern(ask: Ask) -> None:
    assert {entry["name"] for entry in ask("list", "nin", "--json").document} == set(zoo.names("*nin*")) > {"nin"}
    assert {entry["name"] for entry in ask("list", "vgg1?", "--json").document} == {"vgg11", "vgg13", "vgg16", "vgg19"}


def test_list_goes_from_the_oldest_paper_to_the_newest(ask: Ask) -> None:
    years = [entry["year"] for entry in ask("list", "--json").document]
    assert years == sorted(years)


def test_list_as_json_has_the_costs_of_each_network(ask: Ask) -> None:
    entries = {entry["name"]: entry for entry in ask("list", "resnet50", "--json").document}
    assert entries["resnet50"] == {
        "name": "resnet50",
        "input": [3, 224, 224],
        "classes": 1000,
        "params": 25_557_032,
        "macs": 4_089_184_256,
        "paper": "He, Zhang, Ren, Sun 2015, arXiv 1512.03385, Table 1",
        "year": 2015,
        "note": "",
    }


def test_list_fits_a_terminal_of_80_columns(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, ask("list").out.splitlines())) == 80


def test_list_says_where_a_network_is_not_its_papers(ask: Ask) -> None:
    assert "1152 and 2144 wide, not 1154" in ask("list", "inception_resnet_v2_paper").out


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("resnet5O", "no network's name matches 'resnet5O': did you mean 'resnet50'?"),
        ("qqqqqq", "no network's name matches 'qqqqqq': see 'brickwork list'."),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_name_that_no_network_has_is_one_line_and_exit_code_2(
    ask: Ask, pattern: str, says: str, form: list[str]
) -> None:
    answer = ask("list", pattern, *form)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"brickwork: {says}\n"


def test_capitals_make_no_difference_to_list(ask: Ask) -> None:
    for typed, written in (("ResNet1", "resnet1"), ("VGG1?", "vgg1?"), ("GoogLeNet", "googlenet")):
        assert ask("list", typed, "--json").document == ask("list", written, "--json").document
