import numpy as np
import pytest
from PIL import Image, ImageEnhance

import faults
from brickwork.data.check import near
from brickwork.data.check.near import Hashes, candidates, clusters, ones
from brickwork.data.check.perceptual_hash import perceptual_hash
from brickwork.data.check.thumbnails import make_thumbnails


def hashes(count: int, seed: int = 0) -> Hashes:
    return np.random.default_rng(seed).integers(0, 2**64, count, np.uint64)


def flipped(value: int, bits: "np.typing.NDArray[np.int64]") -> int:
    for bit in bits.tolist():
        value ^= 1 << bit
    return value


def of_images(*images: Image.Image) -> tuple[Hashes, "np.typing.NDArray[np.uint8]"]:
    made = [perceptual_hash(image) for image in images]
    return np.array([hash for hash, _ in made], np.uint64), np.stack([np.frombuffer(t, np.uint8) for _, t in made])


def test_ones_are_counted() -> None:
    values = [0, 1, 2**64 - 1, 2**63 + 1, 0xF0F0]
    assert ones(np.array(values, np.uint64)).tolist() == [0, 1, 64, 2, 8]


@pytest.mark.parametrize("differing", range(8))
def test_pairs_that_differ_in_at_most_seven_bits_are_candidates(differing: int) -> None:
    rng = np.random.default_rng(differing)
    values = hashes(300)
    for i in range(0, 300, 2):
        values[i + 1] = flipped(int(values[i]), rng.choice(64, differing, replace=False))
    seen = {(min(pair), max(pair)) for each in candidates(values) for pair in zip(*map(list, each), strict=True)}
    assert {(i, i + 1) for i in range(0, 300, 2)} <= seen
    assert all(first != second for first, second in seen)


def test_the_pairs_are_the_same_however_few_are_compared_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = hashes(200) & np.uint64(0x0707_0707_0707_0707)  # so that many agree

    def pairs() -> set[tuple[int, int]]:
        found = [np.stack(pair, axis=1) for pair in candidates(values)]
        return {(first, second) for first, second in np.concatenate(found).tolist()}

    whole = pairs()
    monkeypatch.setattr(near, "CHUNK", 7)
    assert pairs() == whole
    assert len(whole) > 1000


def test_far_fewer_pairs_are_compared_than_there_are() -> None:
    compared = sum(len(first) for first, _ in candidates(hashes(4000)))
    assert compared < 4000 * 4000 / 2 / 100


CHANGES = {
    "smaller": lambda image: image.resize((110, 90)),
    "larger": lambda image: image.resize((300, 240)),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.85),
    "flatter": lambda image: ImageEnhance.Contrast(image).enhance(0.8),
    "grainy": lambda image: Image.blend(image, Image.effect_noise(image.size, 60).convert("RGB"), 0.08),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_among_others(change: str) -> None:
    rng = np.random.default_rng(1)
    images = [faults.picture(rng, 160, 130) for _ in range(60)]
    assert clusters(*of_images(*images)) == []
    copies = [CHANGES[change](image) for image in images[:20]]
    assert clusters(*of_images(*images, *copies)) == [[i, 60 + i] for i in range(20)]


def test_nearness_is_passed_on() -> None:
    images = [faults.picture(np.random.default_rng(2), 160, 130)]
    images += [CHANGES["smaller"](images[0]), CHANGES["darker"](images[0]), CHANGES["larger"](images[0])]
    assert clusters(*of_images(*images)) == [[0, 1, 2, 3]]


def test_pictures_that_agree_in_the_hash_alone_are_not_near() -> None:
    first, second = (np.random.default_rng(seed).integers(0, 256, 768, np.uint8) for seed in (1, 2))
    assert clusters(np.array([7, 7], np.uint64), np.stack([first, second])) == []
    assert clusters(np.array([7, 7], np.uint64), np.stack([first, first // 4 + 100])) == []  # far less contrast


def test_the_bound_on_the_correlation_lies_above_it_and_spares_most_pairs() -> None:
    rng = np.random.default_rng(0)
    made = [perceptual_hash(faults.picture(rng, 60, 60))[1] for _ in range(60)]
    grain = rng.integers(0, 256, (60, 768), np.uint8)
    pixels = np.concatenate([np.frombuffer(b"".join(made), np.uint8).reshape(60, 768), grain])
    first, second = (each.ravel() for each in np.mgrid[:120, :120])
    found = make_thumbnails(pixels)
    bound = (found.coarse[first] * found.coarse[second]).sum(axis=1) + found.rest[first] * found.rest[second]
    real = np.corrcoef(pixels.astype(float))[first, second]
    assert (bound >= real - 1e-6).all()
    assert ((bound >= 0.995) & (real < 0.995)).sum() < 0.01 * len(first)


def test_images_that_show_nothing_are_not_near() -> None:
    assert clusters(*of_images(*(Image.new("RGB", (40, 40), (shade,) * 3) for shade in (10, 11, 12)))) == []


def test_there_may_be_no_image_at_all() -> None:
    assert clusters(np.zeros(0, np.uint64), np.zeros((0, 768), np.uint8)) == []
