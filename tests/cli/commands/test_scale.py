import re

import pytest

import brickwork as bw
from brickwork.scaling.text import duration, milliseconds
from shell import Ask

COMMAND = ("scale", "vgg16", "resnet50", "--devices", "8,64,512", "--link", "100Gb")


def test_scale_shows_the_lesson_of_vgg_and_resnet_at_a_glance(ask: Ask) -> None:
    text = ask(*COMMAND).out
    assert "vgg16: 553 MB of gradients a step" in text
    assert "resnet50: 102 MB of gradients a step" in text
    assert re.search(r"On 512 devices vgg16 sends 553 MB for .* \(31%\); resnet50 sends 102 MB", " ".join(text.split()))


def test_scale_has_a_row_for_each_number_of_devices(ask: Ask) -> None:
    rows = re.findall(
        r"^ *([\d,]+) +([\d,]+) .*%", ask("scale", "resnet50", "--devices", "1,16,1024").out, re.MULTILINE
    )
    assert rows == [("1", "64"), ("16", "1,024"), ("1,024", "65,536")]


def test_scale_as_json_has_what_python_gives(ask: Ask) -> None:
    options = ["--device", "V100", "--link", "25Gb", "--batch", "32", "--precision", "float32", "--gradients", "2"]
    document = ask(*COMMAND[:5], *options, "--images", "1000", "--epochs", "2", "--json").document
    cluster = bw.Cluster("V100", link="25Gb", batch=32, precision="float32", gradients=2)
    assert document["cluster"]["link"] == "25 Gb/s"
    assert (document["images"], document["epochs"]) == (1000, 2)
    for found in document["networks"]:
        scaling = bw.scale(found["name"], (8, 64, 512), cluster, images=1000, epochs=2)
        assert found["gradient_bytes"] == scaling.gradient_bytes
        assert found["memory_bytes"] == scaling.memory
        assert [row["seconds"] for row in found["rows"]] == [row.seconds for row in scaling.rows]
        assert [row["step"]["efficiency"] for row in found["rows"]] == [row.step.efficiency for row in scaling.rows]


def test_scale_takes_a_measured_rate_for_one_network(ask: Ask) -> None:
    document = ask("scale", "resnet18", "--rate", "60", "--machine", "1", "--devices", "1", "--json").document
    assert document["networks"][0]["rows"][0]["images_per_second"] == pytest.approx(60)
    assert (
        "60 images/s a device; 64 images a device, 1 device a machine"
        in ask("scale", "resnet18", "--rate=60", "--machine=1").out
    )


def test_scale_takes_the_input_and_the_classes(ask: Ask) -> None:
    small = ask("scale", "resnet50", "--input", "1x64x64", "--classes", "10", "--json").document["networks"][0]
    assert small["params"] == bw.cost(bw.zoo.network("resnet50", input=(1, 64, 64), classes=10)).params


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["vgg16", "--batch", "1024", "--device", "P100"], "vgg16: 1024 images need"),
        (["resnet50", "--batch", "8"], "resnet50: batch norm sees 8 images at a time, however many devices there are"),
        (["resnet20"], "resnet20: so short a step is spent on starting layers: measure the images/s, and give --rate."),
        (["resnet50"], "resnet50: synchronised over 512 devices, its 53 batch norms would add 38.2 ms a step."),
        (["resnet50", "--images", "9999"], "resnet50: a batch of 32,768 is more than the 9,999 images of an epoch."),
        (["resnet50"], "*: past 8,192 images the linear rule breaks"),
    ],
)
def test_scale_says_what_one_should_know_of_the_numbers(ask: Ask, words: list[str], says: str) -> None:
    assert says in " ".join(ask("scale", *words).out.split())


def test_scale_is_silent_where_there_is_nothing_to_know(ask: Ask) -> None:
    text = ask("scale", "vgg16", "--devices", "2").out
    assert not re.search("need|synchronised|sees|breaks|warm-up|--rate|On 2", text)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["vgg166"], "unknown network 'vgg166': did you mean 'vgg16'?"),
        ([], "Missing argument 'NETWORK...'"),
        (
            ["vgg16", "--devices", "8,x"],
            "Invalid value for '--devices': '8,x' is not a list of numbers such as 8,64,512.",
        ),
        (["vgg16", "--devices", "0"], "'0' is not a list of numbers"),
        (["vgg16", "--devices", ""], "'' is not a list of numbers"),
        (["vgg16", "--link", "100"], "a link is written as 100Gb (bits a second) or 12.5GB (bytes), not '100'."),
        (["vgg16", "--device", "V1000"], "unknown device 'V1000': did you mean 'V100'?"),
        (["vgg16", "--rate", "nan"], "a rate is images a second, above 0, not nan."),
        (["vgg16", "vgg19", "--rate", "9"], "--rate is what one network was measured at: name one network with it."),
        (["vgg16", "--input", "3x8x8"], "vgg16 on 3x8x8: stage4.maxpool"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(ask: Ask, words: list[str], says: str) -> None:
    answer = ask("scale", *words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(("columns", "all_of_them"), [(80, False), (100, True)])
def test_scale_fits_the_terminal(ask: Ask, monkeypatch: pytest.MonkeyPatch, columns: int, all_of_them: bool) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = ask(*COMMAND).out
    assert max(map(len, text.splitlines())) <= columns
    heads = re.findall("^ *devices .*", text, re.MULTILINE)
    assert len(heads) == 2
    assert all("efficiency" in head and ("pays from" in head) is all_of_them for head in heads)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1.5, "1.5 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (9000, "2.5 h"), (2e5, "2.31 d")],
)
def test_times_stand_in_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_milliseconds_have_three_figures() -> None:
    assert [milliseconds(value) for value in (0, 1e-7, 0.000214, 0.0463, 1.0671)] == [
        "0 ms",
        "0 ms",
        "0.214 ms",
        "46.3 ms",
        "1,067 ms",
    ]
