from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from brickwork.data.cache.presize import Presize
from brickwork.data.preprocessing import Fit, Preprocessing

NETWORK = Preprocessing(3, 28, 28, mean=(0.5,) * 3, std=(1.0,) * 3)
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 60, 3), np.uint8))


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
def test_what_is_kept_becomes_what_the_network_sees(fit: Fit) -> None:
    network = replace(NETWORK, fit=fit)
    kept = Presize(network)(NOISE)
    assert np.array_equal(network.pad(kept).transpose(2, 0, 1), network.pixels(NOISE))


def test_bars_are_not_kept_as_their_colour_is_known_last() -> None:
    kept = Presize(replace(NETWORK, fit="pad"))(NOISE)
    assert kept.shape == (28, 18, 3)
    assert replace(NETWORK, fit="pad").pad(kept)[:, :5].tolist() == np.full((28, 5, 3), 128).tolist()


def test_a_whole_image_keeps_its_shape_with_a_margin_on_the_short_side() -> None:
    assert Presize(NETWORK, whole=True)(NOISE).shape == (48, 32, 3)
    assert Presize(replace(NETWORK, height=224, width=224), whole=True).keeps(256, 400)
    assert not Presize(replace(NETWORK, height=224, width=224), whole=True).keeps(257, 400)


def test_a_whole_image_is_never_enlarged() -> None:
    small = NOISE.resize((20, 31))
    assert np.array_equal(Presize(NETWORK, whole=True)(small), np.asarray(small))


def test_the_words_say_all_that_the_pixels_depend_on() -> None:
    variants = [
        Presize(NETWORK),
        Presize(NETWORK, whole=True),
        Presize(replace(NETWORK, fit="pad")),
        Presize(replace(NETWORK, interpolation="bicubic")),
        Presize(replace(NETWORK, height=32)),
        Presize(Preprocessing(1, 28, 28, (0.5,), (1.0,))),
    ]
    assert len({presize.words for presize in variants}) == len(variants)
    assert Presize(replace(NETWORK, mean=(0.1,) * 3)).words == Presize(NETWORK).words
