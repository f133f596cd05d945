"""What `predict` prints, for a model that tells black, grey and white apart."""

import csv
import json
import re
from pathlib import Path

import pytest
import torch
from PIL import Image

import bars
from brickwork.evaluation import calibrate
from brickwork.evaluation.logits import compute_logits, preprocessing_of
from brickwork.model import save
from shell import Ask

SHADES = {"black": 0, "grey": 128, "white": 255}


def test_predict_prints_path_probability_and_label(ask: Ask, model: Path, images: Path) -> None:
    answer = ask("predict", model, images / "test" / "white" / "0.png", images / "test" / "black")
    assert answer.code == 0
    rows = [line.split() for line in answer.out.splitlines()[2:]]
    assert [(Path(row[0]).name, row[-1]) for row in rows[:2]] == [("0.png", "white"), ("0.png", "black")]
    assert all(row[1].endswith("%") for row in rows if "unreadable:" not in row)


def test_predict_gives_a_bad_file_its_reason_in_its_row(ask: Ask, model: Path, images: Path) -> None:
    answer = ask("predict", model, images / "test" / "black" / "note.jpg", images / "test" / "grey" / "1.png")
    assert answer.code == 0
    bad, good = answer.out.splitlines()[2:4]
    assert "note.jpg" in bad
    assert "unreadable: " in bad
    assert good.endswith("grey")


def test_predict_writes_a_table(ask: Ask, model: Path, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "preds.csv"
    answer = ask("predict", model, images / "test" / "black", "--out", out)
    assert answer.out == f"5 rows in {out}.\n"
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "label", "probability", "reason", "guess"]
    assert [row["label"] for row in rows] == ["black"] * 4 + [""]
    assert float(rows[0]["probability"]) > 1 / 3
    assert rows[4]["reason"]


def test_predict_says_before_it_reads_an_image_that_its_table_has_no_folder(
    ask: Ask, model: Path, tmp_path: Path
) -> None:
    answer = ask("predict", model, tmp_path / "missing.png", "--out", tmp_path / "tables" / "preds.csv")
    assert (answer.code, answer.out) == (2, "")
    assert f"there is no folder {tmp_path / 'tables'} to write it to: make it first." in answer.err


def test_predict_as_json_has_a_row_for_each_image(ask: Ask, model: Path, images: Path) -> None:
    good, bad = ask(
        "predict", model, images / "test" / "grey" / "0.png", images / "test" / "black" / "note.jpg", "--json"
    ).document
    assert (good["label"], good["reason"]) == ("grey", None)
    assert (bad["label"], bad["probability"]) == (None, None)
    assert bad["reason"]


def test_predict_without_any_image_is_a_mistake_beside_the_row(ask: Ask, model: Path, images: Path) -> None:
    answer = ask("predict", model, images / "test" / "black" / "note.jpg")
    assert answer.code == 2
    assert "unreadable: " in answer.out
    assert answer.err.startswith("brickwork: ")
    assert answer.err.count("\n") == 1


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model with a calibration on as many images as there are shades."""
    path, file = tmp_path_factory.mktemp("calibrated") / "model.safetensors", bars.judge_of_brightness()
    images = torch.arange(256, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 1, 4, 4)
    logits = compute_logits(file.model, images, preprocessing_of(file))
    record = {"calibration": calibrate(logits, logits.argmax(1)).document()}
    save(path, file.model, classes=file.classes, preprocessing=file.preprocessing, record=record)
    return path


def test_predict_says_when_it_is_unsure_and_what_that_promises(
    ask: Ask, calibrated: Path, images: Path, tmp_path: Path
) -> None:
    Image.new("L", (6, 6), 62).save(tmp_path / "between.png")
    answer = ask(
        "predict", calibrated, tmp_path / "between.png", images / "test" / "white" / "0.png", "--coverage", "0.8"
    )
    assert answer.code == 0
    assert [line.split("  ")[-1] for line in answer.out.splitlines()[2:]] == ["unsure: black", "white"]
    assert re.fullmatch(
        r'"unsure" is a confidence below the threshold of \d\d\.\d%, for a coverage of 80\.0%: 20[5-9] validation '
        r"images reach it, and 100\.0% of these are predicted correctly\.\n",
        answer.err,
    )
    document = ask("predict", calibrated, tmp_path / "between.png", "--coverage", "0.8", "--json").document
    assert (document[0]["label"], document[0]["guess"]) == ("unsure", "black")
    whole = ask("predict", calibrated, tmp_path / "between.png", "--coverage", "1")
    assert (whole.out.split()[-1], whole.err) == ("black", "")


def test_predict_keeps_95_percent_by_itself_where_it_can(ask: Ask, calibrated: Path, model: Path, images: Path) -> None:
    assert "for a coverage of 95.0%" in ask("predict", calibrated, images / "test").err
    assert "coverage" not in ask("predict", model, images / "test" / "grey").err
    answer = ask("predict", model, images / "test" / "grey", "--coverage", "0.9")
    assert (answer.code, answer.out) == (2, "")
    assert "has no calibration" in answer.err


def test_predict_names_the_next_best_classes(ask: Ask, model: Path, images: Path, tmp_path: Path) -> None:
    white, out = images / "test" / "white" / "0.png", tmp_path / "top.csv"
    assert re.search(r"white, grey \d\d\.\d%$", ask("predict", model, white, "--top", "2").out.rstrip())
    ask("predict", model, white, images / "test" / "black" / "note.jpg", "--top", "3", "--out", out)
    with out.open(newline="") as file:
        good, bad = csv.DictReader(file)
    assert [good["guess"], good["guess2"], good["guess3"]] == ["white", "grey", "black"]
    assert float(good["probability"]) > float(good["probability2"]) > float(good["probability3"])
    assert (bad["label"], bad["guess2"]) == ("", "")
    (found,) = ask("predict", model, white, "--top", "2", "--json").document
    assert [each["label"] for each in found["top"]] == ["white", "grey"]


@pytest.mark.parametrize("content", [None, b"", b"not a model", b"\x08" + b"\0" * 7 + b"{}      "])
@pytest.mark.parametrize("verb", [("evaluate", "--data", "fashion"), ("predict", "image.png")])
def test_a_missing_or_damaged_model_file_is_one_line(
    ask: Ask, tmp_path: Path, verb: tuple[str, ...], content: bytes | None
) -> None:
    path = tmp_path / "model.safetensors"
    if content is not None:
        path.write_bytes(content)
    answer = ask(verb[0], path, *verb[1:])
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert str(path) in answer.err


def test_predict_writes_json_where_the_name_says_so_and_writes_over_its_own(
    ask: Ask, model: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "preds.json"
    for folder, count in (("black", 5), ("white", 4)):
        answer = ask("predict", model, images / "test" / folder, "--out", out, "--json")
        assert len(answer.document) == count
        assert json.loads(out.read_text()) == answer.document


@pytest.mark.parametrize("name", ["model.safetensors", "0.png", "labels.txt", "labels", "labels.CSV.gz"])
def test_predict_writes_tables_alone_and_nothing_over_what_it_reads(
    ask: Ask, model: Path, images: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    out.write_bytes(model.read_bytes())
    answer = ask("predict", out, images / "test" / "white", "--out", out)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert f"{out}: what is written here has a name that ends in .csv or .json." in answer.err
    assert out.read_bytes() == model.read_bytes()


def test_predict_writes_over_no_file_of_another_kind(ask: Ask, model: Path, images: Path, tmp_path: Path) -> None:
    (tmp_path / "photos.csv").write_text("path,label\na.png,black\n")
    (tmp_path / "picture.csv").symlink_to(images / "test" / "white" / "0.png")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "empty.csv").touch()
    before = (images / "test" / "white" / "0.png").read_bytes()
    for name in ("photos.csv", "picture.csv", "folder.json"):
        answer = ask("predict", model, images / "test" / "white", "--out", tmp_path / name)
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert f"{name} is there already, and did not come from this command: name another file." in answer.err
    assert (tmp_path / "photos.csv").read_text() == "path,label\na.png,black\n"
    assert (images / "test" / "white" / "0.png").read_bytes() == before
    assert ask("predict", model, images / "test" / "white", "--out", tmp_path / "empty.csv").code == 0


def test_predict_does_not_write_over_a_model_by_another_name(
    ask: Ask, model: Path, images: Path, tmp_path: Path
) -> None:
    (tmp_path / "link.csv").symlink_to(model)
    before = model.read_bytes()
    answer = ask("predict", model, images / "test" / "white", "--out", tmp_path / "link.csv")
    assert "link.csv is what this command reads, and is not written over: name another file." in answer.err
    assert model.read_bytes() == before
