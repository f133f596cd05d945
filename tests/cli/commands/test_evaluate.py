"""What `evaluate` prints, for a model that tells black, grey and white apart."""

from pathlib import Path

import pytest

import bars
from brickwork.data import Dataset
from brickwork.model import save
from shell import Ask

SHADES = {"black": 0, "grey": 128, "white": 255}


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
        f"Most confused classes{of}",
        f"Slices, the most surely worse than the rest first{of}",
        f"Worst mistakes, by the loss of the target{of}",
        "Metrics, with 95% intervals",
    ]
    assert parts[f"Most confused classes{of}"].splitlines()[2].split() == [
        "white",
        "grey",
        "1",
        "25.0%",
        "(4.6",
        "to",
        "69.9)",
    ]
    assert len(parts[f"Worst mistakes, by the loss of the target{of}"].splitlines()) == 3
    assert str(images / "test" / "white" / "3.png") in parts[f"Worst mistakes, by the loss of the target{of}"]
    assert all(line.split()[-2:] == ["12", "1"] for line in parts["Metrics, with 95% intervals"].splitlines()[2:])


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
    assert (Path(worst["name"]).name, worst["target"], worst["prediction"]) == ("3.png", "white", "grey")
    assert worst["loss"] > second["loss"]
    assert [Path(each["name"]).name for each in document["unreadable"]] == ["note.jpg"]


def test_evaluate_takes_another_split(ask: Ask, model: Path, images: Path) -> None:
    assert ask("evaluate", model, "--data", images, "--split", "train", "--json").document["accuracy"] == 1
    answer = ask("evaluate", model, "--data", images, "--split", "tset")
    assert (answer.code, answer.err.count("\n")) == (2, 1)


def test_evaluate_draws_the_test_images_that_the_training_kept_apart(
    ask: Ask, model: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brickwork.evaluation import data

    seeds: list[int] = []
    opened = data.open_data

    def noted(source: str, *, seed: int, groups: str, training: bool) -> Dataset:
        seeds.append(seed)
        return opened(source, seed=seed, groups=groups, training=training)

    monkeypatch.setattr(data, "open_data", noted)
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


def test_evaluate_writes_a_page_of_its_own(ask: Ask, model: Path, images: Path, tmp_path: Path) -> None:
    for place, found in ((tmp_path / "r.html", tmp_path / "r.html"), (tmp_path, tmp_path / "evaluation.html")):
        answer = ask("evaluate", model, "--data", images, "--report", place)
        assert f"The page is {found}." in answer.err
        assert found.read_text("utf-8").startswith("<!doctype html>")


def test_evaluate_says_before_it_reads_an_image_that_its_page_has_no_folder(ask: Ask, tmp_path: Path) -> None:
    answer = ask("evaluate", "nothing.safetensors", "--data", "fashion", "--report", tmp_path / "pages" / "r.html")
    assert (answer.code, answer.out) == (2, "")
    assert f"there is no folder {tmp_path / 'pages'} to write it to: make it first." in answer.err


def test_evaluate_writes_pages_alone_over_pages_of_its_own_alone(
    ask: Ask, model: Path, images: Path, tmp_path: Path
) -> None:
    page, foreign, table = tmp_path / "r.html", tmp_path / "f.html", tmp_path / "r.csv"
    foreign.write_text("<!doctype html><title>My thesis</title>")
    for _ in range(2):
        assert ask("evaluate", model, "--data", images, "--report", page).code == 0
    answers = [ask("evaluate", model, "--data", images, "--report", place) for place in (foreign, table, model)]
    assert [answer.code for answer in answers] == [2, 2, 2]
    assert "f.html is there already, and did not come from this command: name another file." in answers[0].err
    assert "r.csv: what is written here has a name that ends in .html." in answers[1].err
    assert foreign.read_text() == "<!doctype html><title>My thesis</title>"
    assert not table.exists()
