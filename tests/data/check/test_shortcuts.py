import numpy as np
import pytest

from brickwork.data.check.inspect import ImageFacts
from brickwork.data.check.shortcuts import bin_values, guesses, shortcuts
from brickwork.data.index import IndexEntry

LABELS = np.repeat(np.arange(4), 50)


def seen(label: str, size: int, width: int, height: int) -> ImageFacts:
    return ImageFacts(IndexEntry("", "train", label, size, "", width, height, None), "")


def names(images: list[ImageFacts], classes: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, case in shortcuts(images, tuple(classes)):
        found.setdefault(code, []).append(case.detail.split(":")[0])
    return found


def test_a_class_of_one_size_is_guessed_by_it() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.normal(10_000, 2_000, 200)
    sizes[LABELS == 2] += 12_000
    (guess,) = guesses(bin_values(sizes), LABELS, 4)
    assert guess.label == 2
    assert guess.accuracy > 0.95
    assert guess.chance <= 0.005


@pytest.mark.parametrize("classes", [2, 10])
def test_clean_sets_raise_no_alarm(classes: int) -> None:
    alarms = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, classes, 40 * classes // 2)
        alarms += len(guesses(bin_values(rng.lognormal(9, 0.5, len(labels))), labels, classes))
    assert alarms == 0


def test_a_class_of_few_images_is_not_judged() -> None:
    labels = np.repeat([0, 1], [60, 9])
    assert guesses(bin_values(labels * 1000.0 + np.arange(69)), labels, 2) == []
    labels = np.repeat([0, 1], [60, 10])
    assert [guess.label for guess in guesses(bin_values(labels * 1000.0 + np.arange(70)), labels, 2)] == [0, 1]


def test_a_tendency_is_no_finding() -> None:
    rng = np.random.default_rng(0)
    assert guesses(bin_values(rng.normal(0, 1, 200) + (LABELS == 1)), LABELS, 4) == []


def test_equal_values_stay_in_one_bin() -> None:
    values = np.repeat([3.0, 3.0, 5.0, 9.0], 25)
    assert len(set(bin_values(values)[:50].tolist())) == 1
    assert len(set(bin_values(values).tolist())) == 3
    assert bin_values(np.full(20, 7.0)).tolist() == [0] * 20
    assert guesses(bin_values(np.full(200, 7.0)), LABELS, 4) == []


def test_shape_and_size_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    images = []
    for label in "abcd":
        for _ in range(40):
            height = int(rng.integers(40, 60))
            size = int(rng.integers(1000, 2000)) + 5000 * (label == "b")
            images.append(seen(label, size, height * 3 if label == "c" else height + int(rng.integers(20)), height))
    assert names(images, "abcd") == {"S501": ["b"], "S502": ["c"]}


def test_unreadable_images_are_not_counted() -> None:
    images = [seen("a", 100, 10, 10) for _ in range(30)] + [seen("b", 100, 10, 10) for _ in range(30)]
    broken = [ImageFacts(IndexEntry("", "train", "b", 9999, "", 0, 0, None), "", "truncated") for _ in range(30)]
    assert names([*images, *broken], "ab") == {}
    assert names([], "ab") == {}
