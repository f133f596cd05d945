"""What `evaluate` prints for a person beside its JSON, and its options."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import judge
from judge import COUNT, DATA, Expected, calibration, model
from shell import Answer, Ask


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judge.photos(tmp_path_factory.mktemp("set"))


def sections(out: str) -> dict[str, list[list[str]]]:
    """The rows of each table by its title's first word, each row as its words."""
    parts = [part.split("\n") for part in out.split("\n\n")]
    return {part[0].split()[0].rstrip(",:"): [line.split() for line in part[3:]] for part in parts[:-1]}


def share(document: dict[str, Any], name: str) -> list[str]:
    low, high = document[f"{name}_95"]
    return f"{document[name]:.1%} ({100 * low:.1f} to {100 * high:.1f})".split()


@pytest.fixture
def both(ask: Ask, photos: Path, tmp_path: Path) -> tuple[Answer, dict[str, Any]]:
    """What is printed for a person, and the JSON of the same."""
    file = model(tmp_path, {"calibration": calibration()})
    text = ask("evaluate", file, "--data", photos, "--worst", "7")
    return text, ask("evaluate", file, "--data", photos, "--worst", "7", "--json").document


Both = tuple[Answer, dict[str, Any]]


def test_the_printed_classes_and_pairs_are_the_jsons(both: Both) -> None:
    printed, document = sections(both[0].out), both[1]
    assert printed["Classes"] == [
        [each["name"], str(each["n"]), str(each["skipped"]), *share(each, "precision"), *share(each, "recall")]
        for each in document["classes"]
    ]
    assert len(document["confused"]) > 10
    assert printed["Most"] == [
        [each["target"], each["prediction"], str(each["n"]), *share(each, "share")]
        for each in document["confused"][:10]
    ]


def test_the_printed_slices_are_those_of_the_first_ten_that_are_worse(both: Both) -> None:
    printed, document = sections(both[0].out), both[1]
    rows = []
    for each in document["slices"][:10]:
        value, low, high = (100 * x for x in (each["difference"], *each["difference_95"]))
        words = f"{each['kind']} {each['name']} {each['n']}".split()
        if value < 0:
            rows.append([*words, *share(each, "accuracy"), *f"{value:+.1f} ({low:+.1f} to {high:+.1f})".split()])
    assert printed["Slices"] == rows
    assert 0 < len(rows) < 10


def test_the_printed_mistakes_are_as_many_as_were_asked_for(both: Both) -> None:
    printed, document = sections(both[0].out), both[1]
    assert len(document["worst"]) == 7
    assert printed["Worst"] == [
        [
            f"{each['loss']:.2f}", f"{each['target_probability']:.2%}", each["target"],
            f"{each['prediction_probability']:.2%}", each["prediction"], each["name"],
        ]
        for each in document["worst"]
    ]  # fmt: skip


def test_the_printed_sum_is_the_jsons_and_stands_at_the_end(both: Both) -> None:
    printed, document = sections(both[0].out), both[1]
    rows = []
    for words, name in (("accuracy", "accuracy"), ("top-5 accuracy", "top5"), ("calibration error (ECE)", "ece")):
        low, high = document[f"{name}_95"]
        rows.append([*words.split(), *f"{document[name]:.2%} {low:.2%} to {high:.2%} {COUNT} 2".split()])
    low, high = document["nll_95"]
    rows.append(["log-loss", "(NLL)", *f"{document['nll']:.3f} {low:.3f} to {high:.3f} {COUNT} 2".split()])
    assert printed["Metrics"] == rows
    last = f"Accuracy {document['accuracy']:.2%} on {COUNT} images (test), 2 images skipped."
    assert both[0].out.splitlines()[-1] == last


def test_each_image_that_cannot_be_read_is_told_beside_the_numbers(both: Both) -> None:
    for each in both[1]["unreadable"]:
        assert f"skipped {each['name']}: {each['reason']}" in both[0].err.splitlines()


def test_right_answers_are_no_mistakes_however_many_are_asked_for(ask: Ask, photos: Path, tmp_path: Path) -> None:
    file, wrong = model(tmp_path, {}), COUNT - int(Expected(1.0).correct.sum())
    assert len(sections(ask("evaluate", file, "--data", photos, "--worst", "1000").out)["Worst"]) == wrong
    none = ask("evaluate", file, "--data", photos, "--worst", "0")
    assert "Worst" not in sections(none.out)
    assert ask("evaluate", file, "--data", photos, "--worst", "0", "--json").document["worst"] == []
    assert ask("evaluate", file, "--data", photos, "--worst", "-1").code == 2


def test_the_page_has_the_numbers_that_are_printed(ask: Ask, photos: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    answer = ask("evaluate", model(tmp_path, {}), "--data", photos, "--report", page, "--json")
    text, document = page.read_text("utf-8"), json.loads(answer.out)
    assert f"{document['accuracy']:.2%}" in text or f"{document['accuracy']:.1%}" in text
    for name in DATA:
        assert name in text
    assert answer.err.endswith(f"The page is {page}.\n")


# Options


def test_one_image_bounds_its_log_loss_below_alone(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "one" / "test" / "bison").mkdir(parents=True)
    Image.new("L", (4, 4), 128).save(tmp_path / "one" / "test" / "bison" / "a.png")
    words = ("evaluate", model(tmp_path, {}), "--data", tmp_path / "one")
    document = ask(*words, "--json").document
    assert (document["n"], document["nll_95"]) == (1, [0.0, None])
    assert " to ? " in ask(*words).out
    assert ask(*words).out.splitlines()[-1].endswith(" on 1 image (test).")


def test_the_data_may_not_have_a_class_that_the_model_does_not_know(ask: Ask, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "more" / "test" / "bisons").mkdir(parents=True)
    Image.new("L", (4, 4), 128).save(tmp_path / "more" / "test" / "bisons" / "a.png")
    answer = ask("evaluate", model(tmp_path, {}), "--data", tmp_path / "more")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "brickwork: the data has a class 'bisons' that the model does not know: did you mean 'bison'? "
        "Classes are matched by the names of their folders.\n"
    )


def test_a_split_without_a_readable_image_names_the_first_and_its_reason(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "torn" / "test" / "bison").mkdir(parents=True)
    (tmp_path / "torn" / "test" / "bison" / "a.png").write_bytes(b"no picture")
    answer = ask("evaluate", model(tmp_path, {}), "--data", tmp_path / "torn")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith(f"brickwork: torn: no image of the split 'test' can be read: {tmp_path}")


def test_groups_divide_the_data_so_that_none_is_on_both_sides(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "herd"
    for label, shade in (("tapir", 0), ("llama", 255)):
        (folder / label).mkdir(parents=True)
        for number in range(40):
            Image.new("L", (4, 4), abs(shade - number)).save(folder / label / f"p{number // 4}_{number}.png")
    file = model(tmp_path, {"seed": 3})

    def names(*words: str) -> set[str]:
        found = ask("evaluate", file, "--data", folder, "--groups", "(p[0-9]+)_", "--worst", "100", "--json", *words)
        return {Path(each["name"]).name.partition("_")[0] for each in found.document["worst"]}

    parts = [names("--split", split) for split in ("train", "val", "test")]
    assert set.union(*parts) == {f"p{number}" for number in range(10)}
    assert sum(map(len, parts)) == 10
    assert ask("evaluate", file, "--data", folder, "--groups", "(nothing)_").code == 2


def test_a_calibration_that_is_damaged_is_refused(ask: Ask, photos: Path, tmp_path: Path) -> None:
    for change in ({"temperature": 0}, {"n": 0}, {"answered": []}, {"more": 1}):
        file = model(tmp_path, {"calibration": calibration() | change})
        answer = ask("evaluate", file, "--data", photos)
        assert (answer.code, answer.out) == (2, "")
        assert "the calibration in the model file is damaged" in answer.err
