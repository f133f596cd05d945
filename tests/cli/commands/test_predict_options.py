"""Every option and column of `predict`, against probabilities worked out from the images' shades."""

import csv
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickwork.cli.predictions import quote_formulas
from judge import BIAS, KNOWN, TEMPERATURE, WEIGHT, calibration, model, threshold
from shell import Ask

SHADES = {"b2.png": 10, "b10.png": 128, "a.png": 250}  # not in the order in which a folder is read


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three images, one file that is none, and things that are passed over."""
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    for name, shade in SHADES.items():
        Image.new("L", (6, 5), shade).save(folder / name)
    Image.new("L", (4, 4), 60).save(folder / "deeper" / "z.png")
    (folder / "torn.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_bytes(b"")
    return folder


@pytest.fixture
def calibrated(tmp_path: Path) -> Path:
    (tmp_path / "calibrated").mkdir()
    return model(tmp_path / "calibrated", {"calibration": calibration()})


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    (tmp_path / "plain").mkdir()
    return model(tmp_path / "plain", {})


def ranked(shade: int, temperature: float) -> list[tuple[str, float]]:
    """All classes, the most probable first."""
    logits = (shade / 255 * WEIGHT + BIAS) / temperature
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    return [(KNOWN[i], float(shares[i])) for i in np.argsort(-shares)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_probabilities_are_the_softmax_of_the_logits_over_the_temperature(
    ask: Ask, plain: Path, calibrated: Path, photos: Path
) -> None:
    for file, temperature in ((plain, 1.0), (calibrated, TEMPERATURE)):
        for name, shade in SHADES.items():
            (row,) = ask("predict", file, photos / name, "--top", "8", "--coverage", "1", "--json").document
            expected = ranked(shade, temperature)
            assert [each["label"] for each in row["top"]] == [label for label, _ in expected]
            assert [each["probability"] for each in row["top"]] == pytest.approx([p for _, p in expected], rel=1e-4)
            assert (row["path"], row["guess"], row["label"]) == (str(photos / name), expected[0][0], expected[0][0])
            assert row["probability"] == row["top"][0]["probability"]


def test_a_folder_is_read_in_natural_order_and_then_those_below_it(ask: Ask, plain: Path, photos: Path) -> None:
    found = ask("predict", plain, photos, "--json").document
    assert [Path(row["path"]).relative_to(photos).as_posix() for row in found] == [
        "a.png", "b2.png", "b10.png", "torn.jpg", "deeper/z.png",
    ]  # fmt: skip
    assert [set(row) for row in found] == [{"path", "label", "probability", "reason", "guess", "top"}] * 5


def test_several_paths_keep_the_order_in_which_they_are_typed(ask: Ask, plain: Path, photos: Path) -> None:
    typed = [photos / "b10.png", photos / "torn.jpg", photos / "a.png", photos / "b10.png"]
    assert [row["path"] for row in ask("predict", plain, *typed, "--json").document] == [str(path) for path in typed]


def test_top_is_one_class_unless_more_are_asked_for_and_never_more_than_there_are(
    ask: Ask, plain: Path, photos: Path
) -> None:
    for words, count in (((), 1), (("--top", "3"), 3), (("--top", "50"), 8)):
        (row,) = ask("predict", plain, photos / "a.png", *words, "--json").document
        assert len(row["top"]) == count
    answer = ask("predict", plain, photos / "a.png", "--top", "0")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_the_table_is_the_json_cell_by_cell(ask: Ask, calibrated: Path, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    answer = ask("predict", calibrated, photos, "--top", "3", "--out", out)
    assert answer.out == f"5 rows in {out}.\n"
    table = rows(out)
    assert list(table[0]) == [
        "path", "label", "probability", "reason", "guess", "guess2", "probability2", "guess3", "probability3",
    ]  # fmt: skip
    document = ask("predict", calibrated, photos, "--top", "3", "--json").document
    assert len(table) == len(document)
    for cells, row in zip(table, document, strict=True):
        for name in ("path", "label", "reason", "guess"):
            assert cells[name] == (row[name] or "")
        places = [row["top"][place] if row["top"] else None for place in range(3)]
        assert [cells["guess"], cells["guess2"], cells["guess3"]] == [p["label"] if p else "" for p in places]
        found = [cells["probability"], cells["probability2"], cells["probability3"]]
        assert found == [str(p["probability"]) if p else "" for p in places]


def test_out_and_json_give_both(ask: Ask, plain: Path, photos: Path, tmp_path: Path) -> None:
    answer = ask("predict", plain, photos / "a.png", "--out", tmp_path / "one.csv", "--json")
    assert [row["label"] for row in answer.document] == [row["label"] for row in rows(tmp_path / "one.csv")]
    assert ask("predict", plain, photos / "a.png", "--out", tmp_path / "one.csv").out == (
        f"1 row in {tmp_path / 'one.csv'}.\n"
    )


def test_the_text_has_the_probability_and_the_further_classes_of_the_json(ask: Ask, plain: Path, photos: Path) -> None:
    text = ask("predict", plain, photos / "a.png", photos / "torn.jpg", "--top", "2").out.splitlines()
    first, torn = ask("predict", plain, photos / "a.png", photos / "torn.jpg", "--top", "2", "--json").document
    assert text[0].split() == ["image", "probability", "label"]
    two = first["top"][1]
    assert text[2].split() == [
        first["path"], f"{first['probability']:.1%}", f"{first['label']},", two["label"], f"{two['probability']:.1%}",
    ]  # fmt: skip
    assert " ".join(text[3].split()) == f"{torn['path']} unreadable: {torn['reason']}"
    assert torn == {
        "path": str(photos / "torn.jpg"), "label": None, "probability": None, "reason": torn["reason"],
        "guess": None, "top": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("coverage", "percent"), [("1e-9", 1), ("0.01", 1), ("0.011", 2), ("0.8", 80), ("0.801", 81), ("0.95", 95)]
)
def test_a_coverage_has_the_threshold_of_the_next_percent(
    ask: Ask, calibrated: Path, photos: Path, coverage: str, percent: int
) -> None:
    answer = ask("predict", calibrated, photos / "a.png", "--coverage", coverage)
    assert answer.err == (
        f'"unsure" is a confidence below the threshold of {threshold(percent):.1%}, for a coverage of '
        f"{float(coverage):.1%}: {percent} validation images reach it, "
        f"and {(percent - percent // 10) / percent:.1%} of these are predicted correctly.\n"
    )


def test_unsure_is_whatever_is_below_the_threshold_and_nothing_else(ask: Ask, calibrated: Path, tmp_path: Path) -> None:
    files = []
    for shade in range(0, 256, 5):
        files.append(tmp_path / f"{shade}.png")
        Image.new("L", (4, 4), shade).save(files[-1])
    for percent in (50, 60, 65):
        found = ask("predict", calibrated, *files, "--coverage", percent / 100, "--json").document
        kinds = set()
        for row, shade in zip(found, range(0, 256, 5), strict=True):
            label, probability = ranked(shade, TEMPERATURE)[0]
            sure = probability >= threshold(percent)
            kinds.add(sure)
            assert (row["label"], row["guess"]) == (label if sure else "unsure", label)
        assert kinds == {True, False}


def test_by_itself_the_coverage_is_95_percent_and_1_asks_for_all(ask: Ask, calibrated: Path, photos: Path) -> None:
    usual, typed = (ask("predict", calibrated, photos, *words) for words in ((), ("--coverage", "0.95")))
    assert (usual.out, usual.err) == (typed.out, typed.err)
    whole = ask("predict", calibrated, photos, "--coverage", "1")
    assert whole.err == ""
    assert "unsure" not in whole.out


@pytest.mark.parametrize("coverage", ["0", "-0.5", "1.5", "nan"])
def test_a_coverage_that_is_no_share_is_refused(ask: Ask, calibrated: Path, photos: Path, coverage: str) -> None:
    answer = ask("predict", calibrated, photos, "--coverage", coverage)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"brickwork: the coverage is a share above 0 and up to 1, not {float(coverage):g}.\n"


def test_a_coverage_of_a_model_without_a_calibration_is_refused_unless_it_is_all(
    ask: Ask, plain: Path, photos: Path
) -> None:
    answer = ask("predict", plain, photos, "--coverage", "0.5")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "brickwork: the model file has no calibration, so no threshold is known for a coverage of 0.5: "
        "train the network again, as older versions did not calibrate, or leave the coverage out.\n"
    )
    assert ask("predict", plain, photos, "--coverage", "1").code == 0


def test_a_thousand_images_are_told(ask: Ask, plain: Path, photos: Path) -> None:
    answer = ask("predict", plain, *[photos / "a.png"] * 2001, "--json")
    assert len(answer.document) == 2001
    assert answer.err == "1,000 of 2,001 images\n2,000 of 2,001 images\n"


def test_a_path_that_leads_nowhere_is_a_row_and_where_it_is_the_only_one_a_mistake(
    ask: Ask, plain: Path, photos: Path
) -> None:
    both = ask("predict", plain, photos / "a.png", photos / "nothing.png", "--json")
    assert (both.code, both.document[1]["label"]) == (0, None)
    assert both.document[1]["reason"]
    alone = ask("predict", plain, photos / "nothing.png", "--json")
    assert (alone.code, len(alone.document)) == (2, 1)
    reason = alone.document[0]["reason"]
    assert alone.err == f"brickwork: there was no image to look at: {photos / 'nothing.png'}: {reason}.\n"


def test_an_image_is_needed(ask: Ask, plain: Path) -> None:
    answer = ask("predict", plain)
    assert (answer.code, answer.out) == (2, "")
    assert "Missing argument 'IMAGE...'" in answer.err


def paths(document: list[dict[str, str]]) -> list[str]:
    return [Path(row["path"]).name for row in document]


def test_patterns_are_expanded_where_the_shell_does_not(ask: Ask, plain: Path, photos: Path) -> None:
    assert paths(ask("predict", plain, photos / "b*.png", "--json").document) == ["b2.png", "b10.png"]
    assert paths(ask("predict", plain, photos / "**" / "?.png", "--json").document) == ["a.png", "z.png"]
    (photos / "odd[1].png").write_bytes((photos / "a.png").read_bytes())
    assert paths(ask("predict", plain, photos / "odd[1].png", "--json").document) == ["odd[1].png"]
    assert ask("predict", plain, photos / "none*.png").code == 2


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\0"])
@pytest.mark.parametrize("way", ["file", "--list -", "-"])
def test_a_list_of_paths_comes_from_a_file_or_standard_input(
    ask: Ask, plain: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: bytes, way: str
) -> None:
    content = ends.join([str(photos / "b2.png").encode(), b"", str(photos / "a.png").encode(), b""])
    (tmp_path / "list.txt").write_bytes(content)
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))
    words = ["--list", tmp_path / "list.txt"] if way == "file" else way.split()
    assert paths(ask("predict", plain, *words, "--json").document) == ["b2.png", "a.png"]


def test_an_empty_list_is_a_mistake(ask: Ask, plain: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("\n\n")
    assert ask("predict", plain, "--list", tmp_path / "list.txt").err.endswith("list.txt: the list names no image.\n")
    assert "none.txt" in ask("predict", plain, "--list", tmp_path / "none.txt").err


def test_a_runs_folder_stands_for_the_model_in_it(ask: Ask, plain: Path, photos: Path) -> None:
    document = ask("predict", plain, photos / "a.png", "--json").document
    assert ask("predict", plain.parent, photos / "a.png", "--json").document == document
    assert ask("predict", photos, photos / "a.png").err.startswith(f"brickwork: {photos}: no such model file")


@pytest.mark.parametrize("address", ["https://example.org/a.png", "s3://bucket/a.png", "file:///a.png"])
def test_an_address_is_refused_in_words(ask: Ask, plain: Path, photos: Path, address: str) -> None:
    row = ask("predict", plain, address, photos / "a.png", "--json").document[0]
    assert (row["path"], row["reason"]) == (address, "an address, not a file: download it first")
    assert f"{address}: an address, not a file: download it first" in ask("predict", plain, address).err


def test_every_class_has_a_column_for_its_probability(ask: Ask, plain: Path, photos: Path, tmp_path: Path) -> None:
    words = ("predict", plain, photos / "b10.png", photos / "torn.jpg", "--probabilities", "--coverage", "1")
    expected = dict(ranked(SHADES["b10.png"], 1.0))
    good, bad = ask(*words, "--json").document
    assert good["probabilities"] == pytest.approx(expected, abs=1e-6)
    assert (len(good["top"]), bad["probabilities"]) == (1, {})
    ask(*words, "--out", tmp_path / "p.csv")
    good, bad = rows(tmp_path / "p.csv")
    assert list(good) == ["path", "label", "probability", "reason", "guess", *(f"p_{name}" for name in KNOWN)]
    assert {name: float(good[f"p_{name}"]) for name in KNOWN} == pytest.approx(expected, abs=1e-6)
    assert {bad[f"p_{name}"] for name in KNOWN} == {""}
    head, _, first, _ = ask(*words).out.splitlines()
    assert head.split() == ["image", *KNOWN, "probability", "label"]
    assert first.split()[1 : 1 + len(KNOWN)] == [f"{expected[name]:.1%}" for name in KNOWN]


FORMULAS = ("=1+1.png", "+1.png", "-1.png", "@sum.png", "\t=1.png")
PLAIN = ("1=1.png", "a-1.png", "'=1.png", " =1.png")


def test_cells_that_a_spreadsheet_would_run_are_quoted_where_that_is_asked_for(
    ask: Ask, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in (*FORMULAS, *PLAIN):
        Image.new("L", (6, 5), 128).save(name)
    (tmp_path / "list.txt").write_text("\n".join([*FORMULAS, *PLAIN]))
    words = ("predict", plain, "--list", tmp_path / "list.txt", "--out", tmp_path / "t.csv", "--probabilities")
    assert ask(*words).code == 0
    as_they_are = [name.replace("\t", "\\t") for name in (*FORMULAS, *PLAIN)]
    assert [row["path"] for row in rows(tmp_path / "t.csv")] == as_they_are
    assert ask(*words, "--spreadsheet").code == 0
    quoted = [name if name.startswith("\\") else f"'{name}" for name in as_they_are[: len(FORMULAS)]]
    found = rows(tmp_path / "t.csv")
    assert [row["path"] for row in found] == [*quoted, *PLAIN]
    assert {float(row["probability"]) > 0 for row in found} == {True}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_text_of_a_row_is_quoted_and_no_number(start: str) -> None:
    cells = {"path": f"{start}a", "label": f"{start}b", "probability": -0.5, "reason": None, "p_x": 1e-9, "guess": ""}
    expected = {**cells, "path": f"'{start}a", "label": f"'{start}b"}
    assert quote_formulas(cells) == expected
