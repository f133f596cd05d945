"""Every number of `evaluate --json`, worked out again by numpy from the logits."""

from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import judge
from judge import (
    COUNT,
    DATA,
    KNOWN,
    LABELS,
    SHADES,
    SIDES,
    TEMPERATURE,
    Expected,
    bootstrap,
    calibration,
    model,
    wilson,
)
from shell import Ask


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judge.photos(tmp_path_factory.mktemp("set"))


@pytest.fixture(params=["calibrated", "as it is"])
def scored(request: pytest.FixtureRequest, ask: Ask, photos: Path, tmp_path: Path) -> tuple[dict[str, Any], Expected]:
    record = {"calibration": calibration()} if request.param == "calibrated" else {}
    answer = ask("evaluate", model(tmp_path, record), "--data", photos, "--worst", "1000", "--json")
    assert answer.code == 0
    return answer.document, Expected(TEMPERATURE if record else 1.0)


Scored = tuple[dict[str, Any], Expected]


def test_the_draw_has_every_case_that_these_tests_are_about() -> None:
    found = Expected(1.0)
    assert len(set(SHADES.tolist())) == COUNT
    assert set(LABELS) == set(DATA)
    assert KNOWN.index("zebra") in found.prediction
    assert 0.4 < found.correct.mean() < 0.75
    assert 0.8 < found.near.mean() < 0.99


def test_what_was_scored_is_named_and_counted(scored: Scored, photos: Path) -> None:
    document, expected = scored
    assert {name: document[name] for name in ("network", "data", "split", "n", "skipped")} == {
        "network": "judge", "data": "photos", "split": "test", "n": COUNT, "skipped": 2,
    }  # fmt: skip
    assert document["temperature"] == expected.temperature
    assert [each["name"] for each in document["unreadable"]] == [
        str(photos / "test" / label / "torn.png") for label in ("bison", "okapi")
    ]
    assert all(each["reason"] for each in document["unreadable"])


def test_accuracy_top_5_and_log_loss_are_those_of_the_logits(scored: Scored) -> None:
    document, expected = scored
    everywhere = np.ones(COUNT, bool)
    for name, values in (("accuracy", expected.correct), ("top5", expected.near), ("nll", expected.loss)):
        assert document[name] == pytest.approx(values.mean(), rel=1e-5)
        tolerance = 0.02 * (4 if name == "nll" else 1)
        assert document[f"{name}_95"] == pytest.approx(bootstrap(values.astype(float), everywhere), abs=tolerance)


def test_the_calibration_error_is_that_of_15_bins_of_ten_images(scored: Scored) -> None:
    document, expected = scored
    parts = np.array_split(np.argsort(expected.confidence, kind="stable"), 15)
    gaps = [abs(expected.correct[part].mean() - expected.confidence[part].mean()) for part in parts]
    assert document["ece"] == pytest.approx(np.mean(gaps), abs=1e-5)
    assert len(document["bins"]) == 15
    for found, part in zip(document["bins"], parts, strict=True):
        assert found["n"] == 10
        assert found["confidence"] == pytest.approx(expected.confidence[part].mean(), abs=1e-5)
        assert found["accuracy"] == expected.correct[part].mean()
        assert found["accuracy_95"] == pytest.approx(wilson(int(expected.correct[part].sum()), 10), abs=1e-12)
    low, high = document["ece_95"]
    assert 0 <= low < document["ece"] < high < 1


def test_precision_and_recall_of_each_class_are_counted_again(scored: Scored) -> None:
    document, expected = scored
    assert [each["name"] for each in document["classes"]] == list(DATA)
    for each in document["classes"]:
        number = KNOWN.index(each["name"])
        assert each["n"] == (expected.target == number).sum()
        assert each["skipped"] == (each["name"] in ("bison", "okapi"))
        for name, of in (("precision", expected.prediction == number), ("recall", expected.target == number)):
            n, k = int(of.sum()), int(expected.correct[of].sum())
            assert each[name] == k / n
            few = min(k, n - k) < 5
            ends = wilson(k, n) if few else bootstrap(expected.correct.astype(float), of)
            assert each[f"{name}_95"] == pytest.approx(ends, abs=1e-12 if few else 0.07)


def test_the_confusion_has_the_datas_classes_first_and_a_column_for_what_was_answered_besides(scored: Scored) -> None:
    document, expected = scored
    found = document["confusion"]
    assert (found["target"], found["prediction"]) == (list(DATA), [*DATA, "zebra"])
    for row, given in enumerate(DATA):
        for column, answered in enumerate(found["prediction"]):
            both = (expected.target == KNOWN.index(given)) & (expected.prediction == KNOWN.index(answered))
            assert found["counts"][row][column] == both.sum()


def test_confused_pairs_fall_in_number_and_have_their_share_of_the_class(scored: Scored) -> None:
    document, expected = scored
    counts = {(g, a): c for g, row in zip(DATA, document["confusion"]["counts"], strict=True)
              for a, c in zip(document["confusion"]["prediction"], row, strict=True) if g != a and c}  # fmt: skip
    assert {(each["target"], each["prediction"]): each["n"] for each in document["confused"]} == counts
    numbers = [each["n"] for each in document["confused"]]
    assert numbers == sorted(numbers, reverse=True)
    for each in document["confused"]:
        total = int((expected.target == KNOWN.index(each["target"])).sum())
        assert each["share"] == each["n"] / total
        assert each["share_95"] == pytest.approx(wilson(each["n"], total), abs=1e-12)


def slice_members(expected: Expected) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """The images of every slice: classes, the sizes that there are, and quarters by brightness."""
    found = {("class", name): expected.target == KNOWN.index(name) for name in DATA}
    for number, (wide, high) in enumerate(SIDES):
        found["size", f"{wide}x{high}"] = expected.sizes == number
    rank = expected.shades.argsort().argsort() + 0.5
    for quarter in range(4):
        inside = (4 * rank / COUNT).astype(int) == quarter
        low, high = expected.shades[inside].min(), expected.shades[inside].max()
        found["brightness", f"{low:.2f} to {high:.2f}"] = inside
    return found


def test_slices_have_their_accuracy_and_its_difference_from_that_of_the_rest(scored: Scored) -> None:
    document, expected = scored
    members = slice_members(expected)
    assert {(each["kind"], each["name"]) for each in document["slices"]} == members.keys()
    for each in document["slices"]:
        inside = members[each["kind"], each["name"]]
        k, n, other, rest = (
            int(x)
            for x in (expected.correct[inside].sum(), inside.sum(), expected.correct[~inside].sum(), (~inside).sum())
        )
        assert (each["n"], each["accuracy"]) == (n, k / n)
        assert each["difference"] == pytest.approx(k / n - other / rest, abs=1e-12)
        (low, high), (far_low, far_high) = wilson(k, n), wilson(other, rest)  # Newcombe 1998, method 10
        below = sqrt((k / n - low) ** 2 + (far_high - other / rest) ** 2)
        above = sqrt((high - k / n) ** 2 + (other / rest - far_low) ** 2)
        ends = (each["difference"] - below, each["difference"] + above)
        assert each["difference_95"] == pytest.approx(ends, abs=1e-12)


def test_slices_begin_with_the_one_most_surely_worse_and_end_with_those_of_few_images(scored: Scored) -> None:
    document, _ = scored
    order = [(each["n"] < 20, each["difference_95"][1]) for each in document["slices"]]
    assert order == sorted(order)
    assert {few for few, _ in order} == {False, True}


def test_every_image_stands_among_the_worst_by_its_loss(scored: Scored, photos: Path) -> None:
    document, expected = scored
    order = np.argsort(-expected.loss)
    assert len(document["worst"]) == COUNT
    assert [each["name"] for each in document["worst"]][:20] == [
        str(photos / "test" / expected.names[i]) for i in order[:20]
    ]
    for each in document["worst"]:
        i = expected.names.index("/".join(Path(each["name"]).parts[-2:]))
        assert (each["target"], each["prediction"]) == (KNOWN[expected.target[i]], KNOWN[expected.prediction[i]])
        assert each["loss"] == pytest.approx(expected.loss[i], rel=1e-4, abs=1e-6)
        assert each["target_probability"] == pytest.approx(np.exp(-expected.loss[i]), rel=1e-4)
        assert each["prediction_probability"] == pytest.approx(expected.confidence[i], rel=1e-5)
