"""What `evaluate` and `predict` print, for a model that tells black, grey and white apart."""

import csv
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


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    file = bars.judge_of_brightness()
    save(path, file.model, classes=file.classes, preprocessing=file.preprocessing, record={"seed": 5})
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A test split in which one of four white images is grey, and one is no image."""
    for split in ("train", "test"):
        for name, value in SHADES.items():
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(4):
                Image.new("L", (6, 6), value).save(tmp_path / split / name / f"{number}.png")
    Image.new("L", (6, 6), 128).save(tmp_path / "test" / "white" / "3.png")
    (tmp_path / "test" / "black" / "note.jpg").write_text("this is a text")
    return tmp_path


def test_evaluate_prints_every_class_and_the_whole(ask: Ask, model: Path, images: Path) -> None:
    answer = ask("evaluate", model, "--data", images)
    assert answer.code == 0
    assert [line.split() for line in answer.out.splitlines()[3:6]] == [
        ["black", "4", "1", "100.0%", "(51.0", "to", "100.0)", "100.0%", "(51.0", "to", "100.0)"],
        ["grey", "4", "0", "80.0%", "(37.6", "to", "96.4)", "100.0%", "(51.0", "to", "100.0)"],
        ["white", "4", "0", "100.0%", "(43.9", "to", "100.0)", "75.0%", "(30.1", "to", "95.4)"],
    ]
    assert answer.out.splitlines()[-1] == "Accuracy 91.67% on 12 images (test), 1 image skipped."
    assert "note.jpg" in answer.err


def test_evaluate_prints_pairs_slices_and_the_worst_mistake_with_what_was_scored_and_skipped(
    ask: Ask, model: Path, images: Path
) -> None:
    parts = dict(part.split(":\n", 1) for part in ask("evaluate", model, "--data", images).out.split("\n\n")[:-1])
    of = ", of 12 images, 1 skipped"
    assert list(parts) == [
        "Classes",
        f"Most confused{of}",
        f"Slices, the most surely worse than the rest first{of}",
        f"Worst mistakes, by the loss of the given class{of}",
        "Sum, with 95% intervals",
    ]
    assert parts[f"Most confused{of}"].splitlines()[2].split() == ["white", "grey", "1", "25.0%", "(4.6", "to", "69.9)"]
    assert len(parts[f"Worst mistakes, by the loss of the given class{of}"].splitlines()) == 3
    assert str(images / "test" / "white" / "3.png") in parts[f"Worst mistakes, by the loss of the given class{of}"]
    assert all(line.split()[-2:] == ["12", "1"] for line in parts["Sum, with 95% intervals"].splitlines()[2:])


def test_a_record_without_a_recipe_is_no_hindrance(ask: Ask, images: Path, tmp_path: Path) -> None:
    file, path = bars.judge_of_brightness(), tmp_path / "other.safetensors"
    save(path, file.model, classes=file.classes, preprocessing=file.preprocessing, record={"recipe": ["by hand"]})
    assert ask("evaluate", path, "--data", images).code == 0


def test_evaluate_as_json_is_the_whole_report(ask: Ask, model: Path, images: Path) -> None:
    document = ask("evaluate", model, "--data", images, "--json", "--worst", "2").document
    assert {name: document[name] for name in ("data", "split", "n", "skipped", "temperature", "top5")} == {
        "data": images.name,
        "split": "test",
        "n": 12,
        "skipped": 1,
        "temperature": 1.0,
        "top5": None,
    }
    assert document["accuracy"] == pytest.approx(11 / 12)
    assert document["accuracy_95"][0] < 11 / 12 < document["accuracy_95"][1]
    assert [(each["name"], each["n"], each["skipped"], each["recall"]) for each in document["classes"]] == [
        ("black", 4, 1, 1.0),
        ("grey", 4, 0, 1.0),
        ("white", 4, 0, 0.75),
    ]
    assert document["confusion"]["counts"] == [[4, 0, 0], [0, 4, 0], [0, 1, 3]]
    worst, second = document["worst"]
    assert (Path(worst["name"]).name, worst["given"], worst["answered"]) == ("3.png", "white", "grey")
    assert worst["loss"] > second["loss"]
    assert [Path(each["name"]).name for each in document["unreadable"]] == ["note.jpg"]


def test_evaluate_takes_another_split(ask: Ask, model: Path, images: Path) -> None:
    assert ask("evaluate", model, "--data", images, "--split", "train", "--json").document["accuracy"] == 1
    answer = ask("evaluate", model, "--data", images, "--split", "tset")
    assert (answer.code, answer.err.count("\n")) == (2, 1)


def test_evaluate_draws_the_test_images_that_the_training_kept_apart(
    ask: Ask, model: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import brickwork.data

    seeds: list[int] = []
    opened = brickwork.data.open_data

    def noted(source: str, *, seed: int, groups: str, training: bool) -> brickwork.data.Dataset:
        seeds.append(seed)
        return opened(source, seed=seed, groups=groups, training=training)

    monkeypatch.setattr(brickwork.data, "open_data", noted)
    ask("evaluate", model, "--data", images)
    assert seeds == [5]


def test_evaluate_says_how_it_divides_data_that_has_no_test_folder(ask: Ask, model: Path, images: Path) -> None:
    answer = ask("evaluate", model, "--data", images / "train")
    assert "seed 5 draws 80% of each class for training, 10% for validation and 10% for testing" in answer.err
    assert answer.out.splitlines()[-1] == "Accuracy 100.00% on 3 images (test)."


def test_evaluate_takes_every_image_and_a_folder_of_test_images_alone(ask: Ask, model: Path, images: Path) -> None:
    whole = ask("evaluate", model, "--data", images / "train", "--split", "all")
    assert whole.out.splitlines()[-1] == "Accuracy 100.00% on 12 images (all)."
    (images / "train").rename(images / "elsewhere")
    assert ask("evaluate", model, "--data", images, "--json").document["n"] == 12


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


def test_evaluate_writes_a_page_of_its_own(ask: Ask, model: Path, images: Path, tmp_path: Path) -> None:
    for place, found in ((tmp_path / "r.html", tmp_path / "r.html"), (tmp_path, tmp_path / "evaluation.html")):
        answer = ask("evaluate", model, "--data", images, "--report", place)
        assert f"The page is {found}." in answer.err
        assert found.read_text("utf-8").startswith("<!doctype html>")


def test_evaluate_says_before_it_reads_an_image_that_its_page_has_no_folder(ask: Ask, tmp_path: Path) -> None:
    answer = ask("evaluate", "nothing.safetensors", "--data", "fashion", "--report", tmp_path / "pages" / "r.html")
    assert (answer.code, answer.out) == (2, "")
    assert f"there is no folder {tmp_path / 'pages'} to write it to: make it first." in answer.err


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
        r'"unsure" is a probability below \d\d\.\d%, for a coverage of 80\.0%: of the validation images 20[5-9] are '
        r"answered, 100\.0% of these rightly\.\n",
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
