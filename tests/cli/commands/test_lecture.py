from collections import Counter

import pytest

from brickwork.cli.claims import REPRODUCES, TRUNCATED, WRONG, Claim, as_printed, claims
from shell import Ask

DISPUTED = {  # everything else on the slides reproduces
    "vgg16: 512*7*7*4096": (TRUNCATED, "102M", 102_760_448),
    "3x3 convolution: MACs": (TRUNCATED, "346M", 346_816_512),
    "5x5 convolution: weights": (TRUNCATED, "1.22M", 1_228_800),
    "3x3/2 max pool, padding 2": (WRONG, "480x14x14", (480, 15, 15)),
    "dense batch norm: means": (WRONG, "1", 4096),
    "year of LeNet-5": (WRONG, "1995", 1998),
}


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: f"{claim.section}: {claim.what}")
def test_every_number_of_the_lecture_has_its_verdict(claim: Claim) -> None:
    expected = DISPUTED.get(claim.what, (REPRODUCES, claim.slide, claim.computed))
    assert (claim.verdict, claim.slide, claim.computed) == expected


def test_the_counts_of_the_lecture_are_computed() -> None:
    found = {claim.what: claim.computed for claim in claims()}
    assert found["lenet5: 16*5*5*120"] == 48_000
    assert found["alexnet_lecture: 256*5*5*4096"] == 26_214_400
    assert found["Inception 3a: weights"] == 163_328
    assert found["3x3 convolution: weights"] == 442_368
    assert found["Inception 3a: MACs"] == 128_049_152
    assert found["5x5 convolution: MACs"] == 963_379_200


@pytest.mark.parametrize(
    ("slide", "number", "verdict"),
    [
        ("48k", 48_000, REPRODUCES),
        ("1.23M", 1_228_800, REPRODUCES),
        ("1.22M", 1_228_800, TRUNCATED),
        ("1.2M", 1_228_800, REPRODUCES),
        ("1.24M", 1_228_800, WRONG),
        ("4096", 4096, REPRODUCES),
        ("4096", 4097, WRONG),
        ("1x1", (1, 1), REPRODUCES),
        ("1x1", (1, 2), WRONG),
    ],
)
def test_a_number_is_judged_to_the_digits_of_the_slide(slide: str, number: int, verdict: str) -> None:
    assert Claim("", "", slide, number).verdict == verdict


def test_a_number_has_two_ways_to_be_printed_short() -> None:
    assert as_printed(102_760_448, "102M") == ("103M", "102M")


def test_the_page_ends_with_the_sums(ask: Ask) -> None:
    answer = ask("lecture")
    verdicts = Counter(claim.verdict for claim in claims())
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[-1] == (
        f"Of {len(claims())} entries: reproduces {verdicts[REPRODUCES]}, "
        "truncated on the slide 3, wrong there 3."
    )  # fmt: skip


def test_the_page_explains_what_does_not_reproduce(ask: Ask) -> None:
    out = ask("lecture").out
    assert "Rounds to 103M." in out
    assert "Padding 1 gives 480x14x14" in out
    assert "The network of 2012 has 256x6x6 there: 37,748,736 weights." in out


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_page_fits_the_terminal(ask: Ask, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert max(map(len, ask("lecture").out.splitlines())) <= int(columns)


def test_the_lecture_as_json_is_a_list_of_claims(ask: Ask) -> None:
    document = ask("lecture", "--json").document
    assert len(document) == len(claims())
    assert set(document[0]) == {"section", "what", "slide", "computed", "verdict", "note"}
