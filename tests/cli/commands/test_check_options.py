"""What each option of `check` changes, its exit codes, and that text and JSON say the same."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import faults
from brickwork.cli.commands import check
from shell import Ask


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, nothing is said about how far the reading is."""
    monkeypatch.setattr(check, "PATIENCE", 600.0)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, faults.Cases]:
    folder = tmp_path_factory.mktemp("set") / "faulty"
    return folder, faults.planted(folder, 0)


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """Two classes without splits; patient p2 has the same image twice."""
    folder = tmp_path / "flat"
    for seed, name in enumerate(("cat", "dog")):
        (folder / name).mkdir(parents=True)
        for number in range(20):
            image = faults.picture(faults.np.random.default_rng([seed, number]), 52 + number, 60)
            image.save(folder / name / f"p{number // 2}_{number}.png")
    return folder


def codes(document: Any) -> dict[str, tuple[str, int]]:
    return {each["code"]: (each["severity"], each["count"]) for each in document["findings"]}


def test_json_counts_and_names_every_planted_case(ask: Ask, faulty: tuple[Path, faults.Cases]) -> None:
    folder, planted = faulty
    document = ask("check", folder, "--json").document
    found = codes(document)
    assert {code: count for code, (_, count) in found.items()} == {code: len(cases) for code, cases in planted.items()}
    for severity, name in (("error", "errors"), ("warning", "warnings")):
        assert document[name] == sum(count for kind, count in found.values() if kind == severity)
    order = [each["severity"] for each in document["findings"]]
    assert order == sorted(order, key=["error", "warning", "note"].index)


def test_the_text_has_a_paragraph_for_each_finding_of_the_json(ask: Ask, faulty: tuple[Path, faults.Cases]) -> None:
    folder, _ = faulty
    text, document = ask("check", folder).out, ask("check", folder, "--json").document
    lines = text.splitlines()
    images = ", ".join(f"{name} {count}" for name, count in document["images"].items())
    total = sum(document["images"].values())
    assert lines[0] == f"faulty: {total} images of {len(document['classes'])} classes ({images})."
    for each in document["findings"]:
        assert f"{each['severity']:8} {each['code']}  {each['count']} {each['title']}" in lines
        assert each["training"] in " ".join(text.split())
        assert each["remedy"] in " ".join(text.split())
    notes = sum(each["count"] for each in document["findings"] if each["severity"] == "note")
    assert f"{document['errors']} errors, {document['warnings']} warnings, {notes} notes." in text


def test_of_many_cases_three_are_shown_and_the_others_counted(ask: Ask, faulty: tuple[Path, faults.Cases]) -> None:
    folder, _ = faulty
    text, document = ask("check", folder).out, ask("check", folder, "--json").document
    for each in document["findings"]:
        shown = 1 if each["severity"] == "note" else 3
        if each["count"] > shown:
            assert f"and {each['count'] - shown} more" in text


def test_exit_code_1_is_for_errors_alone(ask: Ask, flat: Path) -> None:
    assert ask("check", flat).code == 0
    Image.new("RGB", (64, 60)).save(flat / "cat" / "p0_black.png")  # one colour: a warning
    document = ask("check", flat, "--json")
    assert (document.code, document.document["errors"]) == (0, 0)
    assert document.document["warnings"] > 0
    (flat / "cat" / "p0_torn.png").write_bytes(b"")
    answer = ask("check", flat, "--json")
    assert (answer.code, answer.document["errors"]) == (1, 1)


def leaky(folder: Path) -> None:
    """The same image for two patients who are in two splits."""
    for name in ("train", "test"):
        for seed, label in enumerate(("cat", "dog")):
            (folder / name / label).mkdir(parents=True)
            for number in range(6):
                image = faults.picture(faults.np.random.default_rng([seed, number, len(name)]), 60, 50 + number)
                image.save(folder / name / label / f"{number}.png")
    (folder / "test" / "cat" / "again.png").write_bytes((folder / "train" / "cat" / "0.png").read_bytes())


def test_allowed_leaks_are_warnings_and_nothing_else_changes(ask: Ask, tmp_path: Path) -> None:
    leaky(tmp_path / "leaky")
    strict, lax = (ask("check", tmp_path / "leaky", "--json", *words) for words in ((), ("--allow-leaks",)))
    assert (strict.code, lax.code) == (1, 0)
    before, after = codes(strict.document), codes(lax.document)
    assert (before.pop("D402"), after.pop("D402")) == (("error", 1), ("warning", 1))
    assert before == after


def test_an_image_of_more_pixels_than_allowed_is_refused_and_one_of_as_many_is_not(ask: Ask, flat: Path) -> None:
    largest = 71 * 60
    assert "F104" not in codes(ask("check", flat, "--max-pixels", largest, "--json").document)
    answer = ask("check", flat, "--max-pixels", largest - 1, "--json")
    assert codes(answer.document)["F104"] == ("error", 2)
    assert {Path(case["files"][0]).name for each in answer.document["findings"] for case in each["cases"]
            if each["code"] == "F104"} == {"p9_19.png"}  # fmt: skip


def test_the_seed_draws_the_splits_and_the_note_says_which(ask: Ask, flat: Path) -> None:
    usual, same, other = (ask("check", flat, "--json", *words) for words in ((), ("--seed", 0), ("--seed", 1)))
    assert usual.document == same.document
    assert "seed 0 draws" in " ".join(usual.document["notes"])
    assert "seed 1 draws" in " ".join(other.document["notes"])


def fixed(ask: Ask, folder: Path, place: Path, *words: object) -> list[dict[str, str]]:
    (folder / "cat" / "p0_torn.png").write_bytes(b"")
    ask("check", folder, "--fix", place, *words)
    with place.open(newline="") as file:
        return list(csv.DictReader(file))


def test_fix_lists_every_image_but_the_bad_one_with_its_class_and_split(ask: Ask, flat: Path, tmp_path: Path) -> None:
    rows = fixed(ask, flat, tmp_path / "fixed.csv")
    assert {"path", "label", "split"} <= set(rows[0])
    names = {Path(row["path"]).name for row in rows}
    assert len(rows) == 40
    assert "p0_torn.png" not in names
    for row in rows:
        assert Path(row["path"]).parent.name == row["label"]
        assert row["split"] in ("train", "val", "test")


def test_groups_stay_together_in_a_split(ask: Ask, flat: Path, tmp_path: Path) -> None:
    def parts(rows: list[dict[str, str]]) -> list[int]:
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(Path(row["path"]).name.partition("_")[0], set()).add(row["split"])
        return sorted(map(len, found.values()))

    assert parts(fixed(ask, flat, tmp_path / "grouped.csv", "--groups", "(p[0-9]+)_")) == [1] * 10
    assert parts(fixed(ask, flat, tmp_path / "not.csv")) != [1] * 10
    answer = ask("check", flat, "--groups", "(nothing)_")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_another_seed_is_another_split_of_the_manifest(ask: Ask, flat: Path, tmp_path: Path) -> None:
    def splits(*words: object) -> list[tuple[str, str]]:
        place = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        return sorted((row["path"], row["split"]) for row in fixed(ask, flat, place, *words))

    assert splits() == splits("--seed", 0) != splits("--seed", 1)


def test_json_and_fix_go_together_and_the_manifest_is_told_beside(ask: Ask, flat: Path, tmp_path: Path) -> None:
    (flat / "cat" / "p0_torn.png").write_bytes(b"")
    answer = ask("check", flat, "--json", "--fix", tmp_path / "a.csv")
    assert json.loads(answer.out)["errors"] == 1
    assert answer.err == f"{tmp_path / 'a.csv'} lists 40 of 41 images: brickwork train --data {tmp_path / 'a.csv'}\n"
    assert ask("check", tmp_path / "a.csv").code == 0
