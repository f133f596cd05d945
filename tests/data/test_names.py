import pytest

from brickwork.data.names import natural, printable, shorten


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


def test_a_name_of_more_digits_than_python_reads_has_its_place() -> None:
    names = ["1" * 5000, "a", "2" * 9000, "1" * 4999]
    assert sorted(names, key=natural) == ["1" * 4999, "1" * 5000, "2" * 9000, "a"]


def test_a_long_text_is_shortened_in_its_middle() -> None:
    assert shorten("short") == "short"
    assert shorten("x" * 100) == "x" * 100
    assert shorten("begin" + "x" * 100 + "end", 13) == "begin...xxend"
    assert len(shorten("x" * 101)) <= 100
