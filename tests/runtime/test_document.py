"""The document of an exported model: written, read back, and refused where it was changed."""

import json
from dataclasses import replace
from typing import Any

import pytest

from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.runtime.calibration import calibration_of
from brickwork.runtime.document import ExportDocument

CALIBRATION = {"temperature": 1.5, "n": 4, "answered": [[0.5, 4, 3]] * 100}
PREPROCESSING = Preprocessing(3, 32, 48, (0.5, 0.4, 0.3), (0.2, 0.2, 0.1), fit="pad", range=(0.0, 4095.0))
DOCUMENT = ExportDocument(
    classes=("oak", "elm", "你好"),
    preprocessing=PREPROCESSING,
    network='{"format": 1, "name": "tiny"}',
    record={"seed": 7, "recipe": {"lr": 0.1}, "calibration": CALIBRATION},
    pillow="12.0.0",
    opset=20,
    weights_sha256="ab" * 32,
)


def changed(**fields: Any) -> str:
    return json.dumps(json.loads(DOCUMENT.text()) | fields)


def test_a_document_comes_back_as_it_was() -> None:
    found = ExportDocument.read(DOCUMENT.text())
    assert found == DOCUMENT
    calibration = calibration_of(found)
    assert calibration
    assert calibration.temperature == 1.5


def test_its_text_is_json_with_the_format_and_lists() -> None:
    values = json.loads(DOCUMENT.text())
    assert values["format"] == 1
    assert values["classes"] == ["oak", "elm", "你好"]
    assert values["preprocessing"]["mean"] == [0.5, 0.4, 0.3]


def test_a_field_with_a_default_may_be_left_out() -> None:
    values = json.loads(DOCUMENT.text())
    del values["opset"], values["weights_sha256"]
    assert ExportDocument.read(json.dumps(values)) == replace(DOCUMENT, opset=0, weights_sha256="")


def test_controls_in_the_names_of_classes_become_escapes() -> None:
    assert ExportDocument.read(changed(classes=["a\x1b[2J", "b\nc"])).classes == ("a\\x1b[2J", "b\\nc")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expecting value"),
        ("[]", "no object with a format"),
        ("[" * 5000, "more than 100 levels"),
        (changed(format=2), "format 2, but this version reads 1"),
        (changed(format=True), "format True"),
        (changed(classes=[]), "it has classes, each with a name"),
        (changed(classes=["a", 1]), "classes is"),
        (changed(classes="abc"), "classes is"),
        (changed(classes=["a", ""]), "each with a name"),
        (changed(preprocessing={}), "expected channels"),
        (changed(preprocessing=json.loads(DOCUMENT.text())["preprocessing"] | {"std": [0, 1, 1]}), "std is above 0"),
        (changed(preprocessing=None), "expected channels"),
        (changed(network="{"), "Expecting property name"),
        (changed(network="[]"), "network is a JSON object"),
        (changed(network={}), "network is text"),
        (changed(record=[]), "record is a mapping"),
        (changed(record={"calibration": {"temperature": 0}}), "the calibration in the model file is damaged"),
        (changed(opset=-1), "opset is a whole number from 0"),
        (changed(opset=1.5), "opset is a whole number"),
        (changed(precision="int3"), "precision is one of 'fp32'"),
        (changed(resizing=1), "resizing is true or false"),
        (changed(weights_sha256="AB" * 32), "weights_sha256 has 64 hexadecimal digits"),
        (changed(more=1), "'more' is no field of it"),
        (DOCUMENT.text().replace('"opset": 20', '"opset": 20, "opset": 21'), "two values are named 'opset'"),
        (DOCUMENT.text().replace('"seed": 7', '"seed": NaN'), "NaN is no number"),
        (DOCUMENT.text().replace('"classes": ', '"klasses": '), "classes is missing"),
    ],
)  # fmt: skip
def test_what_was_changed_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(BrickworkError) as fault:
        ExportDocument.read(text)
    line = str(fault.value)
    assert words in line
    assert line.startswith("the document of the exported model is damaged: ")
    assert "\n" not in line
    assert len(line) < 400


def test_what_could_not_be_read_back_is_not_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        replace(DOCUMENT, record={"loss": float("nan")}).text()
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"a": deep}
    with pytest.raises(ValueError, match="more than 100 levels"):
        replace(DOCUMENT, record=deep).text()
