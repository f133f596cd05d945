from xml.etree import ElementTree

from brickwork.training.run.curve import curve, epoch_ticks

NAME = "{http://www.w3.org/2000/svg}"


def test_a_curve_is_well_formed_and_holds_every_epoch() -> None:
    root = ElementTree.fromstring(curve("a < b & c", [1.3, 0.9, 0.7], [0.5, 0.8, 0.75], best=1))
    lines = root.findall(f"{NAME}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 3]
    words = [text.text for text in root.findall(f"{NAME}text")]
    assert words[0] == "a < b & c"
    assert "0.700 after epoch 3" in words
    assert "80.00% after epoch 2" in words
    assert words.count("epoch") == 2


def test_a_curve_stays_inside_its_picture() -> None:
    root = ElementTree.fromstring(curve("flat", [2.0], [0.0], best=0))
    for ring in root.findall(f"{NAME}circle"):
        assert 0 < float(ring.attrib["cx"]) < 720
        assert 0 < float(ring.attrib["cy"]) < 324


def test_a_curve_has_colours_for_light_and_dark() -> None:
    assert "prefers-color-scheme: dark" in curve("x", [1.0], [0.5], best=0)


def test_epochs_are_counted_one_by_one_while_they_are_few() -> None:
    assert epoch_ticks(3) == [1, 2, 3]
    assert epoch_ticks(137) == [1, 50, 100, 137]


def test_the_validation_loss_is_a_dashed_line_on_the_same_axis() -> None:
    root = ElementTree.fromstring(curve("x", [1.0, 0.5], [0.5, 0.8], best=1, val_losses=[1.5, 1.9]))
    kinds = [line.attrib["class"] for line in root.findall(f"{NAME}polyline")]
    assert kinds == ["line loss", "line loss val", "line accuracy"]
    heights = [
        float(point.split(",")[1])
        for line in root.findall(f"{NAME}polyline")
        for point in line.attrib["points"].split()
    ]
    assert heights[1] > heights[0] > heights[2] > heights[3]  # of losses 0.5, 1.0, 1.5, 1.9, from below
    assert "validation 1.900" in [text.text for text in root.findall(f"{NAME}text")]
