from brickwork.network.columns import RULE, format_columns


def test_columns_stand_under_each_other_to_the_left_or_to_the_right() -> None:
    assert format_columns([("name", "n"), RULE, ("a", "10")], "<>") == ["name   n", "--------", "a     10"]


def test_the_folded_column_takes_as_many_lines_as_its_width_needs() -> None:
    rows = [("a", "one two three four five six seven", "1")]
    assert format_columns(rows, "<=>", width=30) == ["a  one two three four five   1", "   six seven"]


def test_a_no_break_space_keeps_two_words_on_one_line_and_is_printed_as_a_space() -> None:
    rows = [("one two three 3 x\N{NO-BREAK SPACE}four",)]
    assert format_columns(rows, "=", width=20) == ["one two three 3", "x four"]


def test_a_line_ends_with_its_last_word() -> None:
    assert format_columns([("long name", "x"), ("a", "")], "<<") == ["long name  x", "a"]


def test_a_heading_stands_as_it_is_and_sets_no_width() -> None:
    assert format_columns(["A heading", ("a", "b")], "<<") == ["A heading", "a  b"]
