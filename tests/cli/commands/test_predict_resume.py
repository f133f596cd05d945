"""Long listings: rows as they come, `--resume` where a command was ended, every file once, lists that are streamed."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import brickwork.evaluation.prediction
from judge import model
from shell import Ask

COUNT = 75


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    (tmp_path / "plain").mkdir()
    return model(tmp_path / "plain", {})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder, chance = tmp_path / "photos", np.random.default_rng(0)
    for number in range(COUNT):
        path = folder / f"{number % 3}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(chance.integers(0, 256, (6, 5)).astype(np.uint8)).save(path)
    (folder / "0" / "torn.jpg").write_bytes(b"no picture")
    return folder


def end_after(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Has Ctrl-C come after so many predictions."""
    whole = brickwork.evaluation.prediction.iter_predictions

    def some(*given: Any, **named: Any) -> Iterator[Any]:
        for number, row in enumerate(whole(*given, **named)):
            if number == rows:
                raise KeyboardInterrupt
            yield row

    monkeypatch.setattr("brickwork.evaluation.prediction.iter_predictions", some)


@pytest.mark.parametrize("nproc", [(), ("--nproc", "1")])
def test_a_listing_that_was_ended_goes_on_to_the_bytes_of_one_that_was_not(
    ask: Ask, plain: Path, photos: Path, tmp_path: Path, nproc: tuple[str, ...]
) -> None:
    whole, out = tmp_path / "whole.csv", tmp_path / "labels.csv"
    words = ("predict", plain, photos, "--top", "2", *nproc)
    assert ask(*words, "--out", whole).out == f"{COUNT + 1} rows in {whole}.\n"
    for rows in (40, 20):
        with pytest.MonkeyPatch.context() as patch:
            end_after(patch, rows)
            assert ask(*words, "--out", out, "--resume").code != 0
        assert not out.exists()
        written = out.with_name("labels.csv.part").read_bytes()
        assert whole.read_bytes().startswith(written)
    assert written.count(b"\r\n") == 1 + 48  # whole batches of 16: 32 of the 40, and 16 of the 20 after them
    answer = ask(*words, "--out", out)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "labels.csv.part has 48 rows of a table that is not complete: go on with it by --resume" in answer.err
    assert ask(*words, "--out", out, "--resume").out == f"{COUNT + 1} rows in {out}.\n"
    assert out.read_bytes() == whole.read_bytes()
    with out.open(newline="") as file:
        paths = [row["path"] for row in csv.DictReader(file)]
    assert sorted(paths) == sorted(map(str, [*photos.rglob("*.png"), photos / "0" / "torn.jpg"]))
    assert "is complete: nothing is left to resume" in ask(*words, "--out", out, "--resume").err


def test_other_weights_and_other_images_are_refused_in_one_line(
    ask: Ask, plain: Path, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "labels.csv"
    with pytest.MonkeyPatch.context() as patch:
        end_after(patch, 40)
        ask("predict", plain, photos, "--out", out)
    (tmp_path / "other").mkdir()
    other = model(tmp_path / "other", {"seed": 1})
    assert "was begun with another model" in ask("predict", other, photos, "--out", out, "--resume").err
    Image.new("L", (4, 4)).save(photos / "0" / "10.png")
    answer = ask("predict", plain, photos, "--out", out, "--resume")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "and the listing names" in answer.err


@pytest.mark.parametrize("words", [(), ("--out", "a.json"), ("--out", "a.csv", "--json")])
def test_resume_is_for_a_csv(
    ask: Ask, plain: Path, photos: Path, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = ask("predict", plain, photos, "--resume", *words)
    assert (answer.code, answer.out) == (2, "")
    assert "--resume goes on with a table: it needs the same --out NAME.csv, and no --json." in answer.err


def test_a_list_on_standard_input_is_as_long_as_it_is(
    ask: Ask, plain: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than what is read of it at a time; counted first, then predicted."""
    path, count = photos / "1" / "1.png", 2_000
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{path}\0".encode() * count)))
    monkeypatch.setattr("brickwork.runtime.inputs.CHUNK", 4_096)
    answer = ask("predict", plain, "-", "--out", tmp_path / "labels.csv")
    assert answer.out == f"{count:,} rows in {tmp_path / 'labels.csv'}.\n"
    assert answer.err == f"1,000 of {count:,} images\n2,000 of {count:,} images\n"


def test_a_precision_that_nobody_knows_is_refused(ask: Ask, plain: Path, photos: Path) -> None:
    answer = ask("predict", plain, photos, "--allow", "bf15")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "unknown precision 'bf15'" in answer.err
