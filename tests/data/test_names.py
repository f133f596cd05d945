import pytest

from brickwork.data.names import natural, printable
from brickwork.data.shuffle import shuffled, stratified


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["class10", "class2", "Class1", "b", "10", "9", "", "a10b2", "a10b1", "a2", "class02"]
    assert sorted(names, key=natural) == [
        "",
        "9",
        "10",
        "a2",
        "a10b1",
        "a10b2",
        "b",
        "Class1",
        "class02",
        "class2",
        "class10",
    ]


def test_the_natural_order_takes_every_name() -> None:
    names = ["²", "٣", "1²", "a1", "1a", "\udce9", "é", "Ω", "-1", "1.5", " 1"]
    assert sorted(sorted(names), key=natural) == sorted(sorted(names, reverse=True), key=natural)


@pytest.mark.parametrize(
    ("name", "shown"), [("é b", "é b"), ("a\nb", "a\\nb"), ("\udce9", "\\udce9"), ("\x1b[1m", "\\x1b[1m")]
)
def test_what_cannot_be_printed_is_escaped(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_a_shuffle_is_the_same_on_every_machine() -> None:
    assert shuffled(list("abcdefgh"), seed=0) == [6, 5, 2, 1, 4, 3, 0, 7]
    assert shuffled(list("abcdefgh"), seed=1) != shuffled(list("abcdefgh"), seed=0)


def test_a_shuffle_of_fewer_keeps_their_order() -> None:
    keys = [f"{i}.jpg" for i in range(50)]
    order = [keys[i] for i in shuffled(keys, seed=0)]
    fewer = [keys[i] for i in range(0, 50, 3)]
    assert [fewer[i] for i in shuffled(fewer, seed=0)] == [key for key in order if key in fewer]


def test_every_key_is_as_likely_to_be_drawn() -> None:
    keys = [str(i) for i in range(20)]
    drawn = [i for seed in range(2000) for i in stratified(keys, [0] * 20, 0.25, seed)]
    counts = [drawn.count(i) for i in range(20)]  # 500 expected, deviation 19
    assert min(counts) > 420
    assert max(counts) < 580
