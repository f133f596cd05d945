"""Every kind of image, decoded and compared with what was written and with what a second decoder reads."""

from collections import Counter
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("imagecodecs")
pytest.importorskip("tifffile")
pytest.importorskip("cv2")

from brickwork.data.images.decode import Unreadable, decode_bytes
from encoders import jpeg2000s, jpegs, pngs, simple, tiffs
from encoders.case import Case

LEVELS = 1  # of 255 by which two decoders may differ
VAGUE = ("damaged", "cut short", "truncated")  # words that no reason may have for a file that is whole
FAMILIES = {  # and how many are read
    "tiff": (tiffs, 689),
    "png": (pngs, 110),
    "jpeg": (jpegs, 12),
    "jpeg 2000": (jpeg2000s, 104),
    "others": (simple, 62),
}


def apart(found: NDArray[np.uint8], shows: NDArray[np.uint8]) -> int:
    """The largest difference; a grey picture may be found in three equal channels, as JPEG's and GIF's are."""
    if found.ndim == 3 and shows.ndim == 2:
        shows = shows[..., None].repeat(3, axis=-1)
    if found.shape != shows.shape:
        return 255
    return int(np.abs(found.astype(int) - shows.astype(int)).max())


def verdicts(cases: Iterator[Case]) -> Iterator[tuple[str, str]]:
    """Each case's name, and "same", "differs by ..." or the reason of its refusal."""
    for case in cases:
        try:
            found = np.asarray(decode_bytes(case.content, case.name))
        except Unreadable as refusal:
            yield case.name, f"refused: {refusal.reason}"
        else:
            far = apart(found, case.shows)
            yield case.name, "same" if far <= LEVELS else f"differs by {far}"


@pytest.mark.parametrize("family", FAMILIES)
def test_each_image_is_decoded_as_by_a_second_decoder_or_refused_with_its_reason(
    family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module, least = FAMILIES[family]
    found = dict(verdicts(module.cases()))
    counts = Counter("refused" if words.startswith("refused") else words for words in found.values())
    with capsys.disabled():
        print(f"\n{family}: {len(found)} files, {counts['same']} the same, {counts['refused']} refused")
    assert {name: words for name, words in found.items() if words.startswith("differs")} == {}
    assert counts["same"] >= least
    assert {name: words for name, words in found.items() if any(word in words for word in VAGUE)} == {}


@pytest.mark.parametrize("module", [module for module, _ in FAMILIES.values()])
def test_what_is_refused_is_whole_but_of_a_kind_that_no_reader_reads(module: ModuleType) -> None:
    kinds = set()
    for case in module.cases():
        try:
            decode_bytes(case.content, case.name)
        except Unreadable as refusal:
            kinds.add(refusal.kind)
    assert kinds <= {"unsupported"}


@pytest.mark.parametrize("module", [module for module, _ in FAMILIES.values()])
def test_the_second_decoder_reads_what_was_written(module: ModuleType) -> None:
    for case in module.cases():
        if case.second is not None:
            np.testing.assert_array_equal(case.second(case.content), case.samples, err_msg=case.name)


def test_a_decoder_that_is_wrong_is_found() -> None:
    case = next(simple.cases())
    wrong = Case(case.name, case.content, 255 - case.shows)
    assert [words for _, words in verdicts(iter([wrong]))] != ["same"]
