"""Every key a second time, for 1,000 seeds; no wrong answer equals the right one, nor another."""

import json
from collections import Counter

import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.exam import Quiz, quiz
from brickwork.exam.kinds import LAYER_KINDS, Subject
from brickwork.exam.question import Choice, Draft, distinct, has_mistakes
from brickwork.network import Network, chain, cost, stages
from brickwork.network.layers import AvgPool, BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, MaxPool
from brickwork.network.propagate import Signal
from exam.reckoning import OF_LAYERS, OF_STAGES, Rows, right_answer

SEEDS, QUESTIONS = 1000, 10
NAMES = [name for name in zoo.names() if name not in ("resnet1202", "preact_resnet1001")]  # as others, but slower

Quizzes = list[tuple[Quiz, Rows]]


def all_rows(network: Network) -> Rows:
    """The rows of all layers, those of side heads among them."""
    return tuple(cost(network).rows_with_side_heads)


@pytest.fixture(scope="module")
def quizzes() -> Quizzes:
    """A quiz for each seed, over the zoo in turn."""
    known = [(network := zoo.network(name), all_rows(network)) for name in NAMES]
    drawn = ((known[seed % len(known)], seed) for seed in range(SEEDS))
    return [(quiz(network, QUESTIONS, seed), rows) for (network, rows), seed in drawn]


def test_every_key_is_that_of_a_second_way(quizzes: Quizzes) -> None:
    wrong = [
        (sheet.network.name, sheet.seed, question)
        for sheet, rows in quizzes
        for question in sheet.questions
        if question.answers[question.key].text != right_answer(question, rows)
    ]
    assert wrong == []
    asked = Counter(question.kind for sheet, _ in quizzes for question in sheet.questions)
    assert asked.total() == SEEDS * QUESTIONS
    assert set(asked) == {*OF_LAYERS, *OF_STAGES}
    assert min(asked.values()) >= 50, asked


def test_four_answers_differ_and_one_is_right(quizzes: Quizzes) -> None:
    for sheet, _ in quizzes:
        for question in sheet.questions:
            assert len({answer.text for answer in question.answers}) == len(question.answers) == 4
            assert [place for place, answer in enumerate(question.answers) if not answer.mistake] == [question.key]


def test_no_question_is_asked_twice_and_kinds_take_turns(quizzes: Quizzes) -> None:
    for sheet, _ in quizzes:
        texts = [question.text for question in sheet.questions]
        assert len(set(texts)) == len(texts)
        assert len({question.kind for question in sheet.questions}) >= 5


def test_the_key_s_place_is_spread(quizzes: Quizzes) -> None:
    places = Counter(question.key for sheet, _ in quizzes for question in sheet.questions)
    assert all(abs(places[place] - SEEDS * QUESTIONS / 4) < 200 for place in range(4)), places  # 4.6 deviations


def test_a_wrong_key_is_noticed() -> None:
    """The second way does not say yes to everything."""
    network = zoo.network("alexnet")
    rows = all_rows(network)
    for question in quiz(network, 40, 3).questions:
        texts = [answer.text for answer in question.answers]
        assert texts.index(right_answer(question, rows)) == question.key


def test_a_seed_gives_the_same_quiz_and_another_one_another() -> None:
    network = zoo.network("googlenet")
    assert quiz(network, 10, 7) == quiz(zoo.network("googlenet"), 10, 7)
    assert quiz(network, 10, 7).questions != quiz(network, 10, 8).questions
    assert quiz(network, 20, 7).questions[:10] == quiz(network, 10, 7).questions


def test_more_questions_than_there_are_is_told() -> None:
    with pytest.raises(BrickworkError, match=r"lenet5 has (\d+) different questions: ask for at most \1\."):
        quiz(zoo.network("lenet5"), 500)
    with pytest.raises(BrickworkError, match="at least 1 question, not 0"):
        quiz(zoo.network("lenet5"), 0)


def test_a_quiz_is_plain_data_too() -> None:
    sheet = quiz(zoo.network("lenet5"), 4, 2)
    document = json.loads(json.dumps(sheet.to_dict()))
    assert repr(sheet) == "Quiz(lenet5 on 1x28x28, 10 classes, 4 questions, seed 2)"
    assert (document["name"], document["seed"], len(document["questions"])) == ("lenet5", 2, 4)
    for question in document["questions"]:
        assert question["answers"]["ABCD".index(question["letter"])]["mistake"] == ""


def drafts(layer: object, shape: tuple[int, ...], signal: Signal | None = None) -> dict[str, Draft]:
    place = Subject("row", layer, signal or Signal(shape))  # type: ignore[arg-type]
    return {draft.kind: draft for rule in LAYER_KINDS for draft in rule(place)}


def mistakes(draft: Draft) -> dict[str, str]:
    return {answer.mistake: answer.text for answer in draft.wrong}


def test_the_wrong_answers_are_those_of_the_mistakes_they_name() -> None:
    """A convolution of AlexNet's kind on odd numbers, each mistake written out."""
    found = drafts(Conv(10, 3, stride=2, padding=1, groups=2), (6, 10, 10), Signal((6, 10, 10), (5, 5), (4, 4)))
    assert found["size"].right == "5x5"
    assert mistakes(found["size"]) == {
        "ceiling for floor": "6x6",
        "padding left out": "4x4",
        "padding counted on one side": "5x5",
        "+ 1 forgotten": "4x4",
        "stride left out": "10x10",
        "kernel left out": "5x5",
        "kernel left out, padding counted": "6x6",
    }
    assert found["parameters"].right == f"{10 * 3 * 9 + 10:,}"
    assert mistakes(found["parameters"]) == {
        "biases forgotten": "270",
        "groups ignored": "550",
        "groups counted twice": "145",
        "the kernel counted in one direction": "100",
        "input channels left out": "100",
        "a bias for each input channel": "276",
        "each place of the output given weights of its own": "7,000",
    }
    assert found["MACs"].right == f"{25 * 270:,}"
    assert mistakes(found["MACs"])["FLOPs for MACs"] == f"{2 * 25 * 270:,}"
    assert mistakes(found["MACs"])["the input's size for the output's"] == f"{100 * 270:,}"
    assert found["field"].right == "13x13"
    assert mistakes(found["field"])["strides before left out"] == "7x7"
    assert found["memory"].right == "1,000"
    assert mistakes(found["memory"])["the input's bytes"] == "2,400"


def test_a_dense_layer_s_mistakes_know_the_map_it_reads() -> None:
    found = drafts(Linear(4096), (9216,), Signal((9216,), map=(6, 6)))
    assert found["parameters"].right == "37,752,832"
    assert mistakes(found["parameters"])["the map's height and width left out"] == f"{256 * 4096 + 4096:,}"
    assert mistakes(drafts(BatchNorm(), (8, 4, 4))["parameters"])["factors without summands"] == "8"


def test_equal_wrong_answers_are_one_and_the_right_one_is_none() -> None:
    draft = Draft("kind", "row", "?", "7", "", (Choice("7", "a"), Choice("8", "b"), Choice("8", "c"), Choice("9", "d")))
    assert distinct(draft) == [Choice("8", "b"), Choice("9", "d")]
    assert not has_mistakes(draft)
    assert has_mistakes(draft._replace(wrong=(*draft.wrong, Choice("10", "e"))))


def test_networks_of_one_s_own_with_unequal_sides_are_asked_about() -> None:
    body = chain(Conv(8, (3, 5), (1, 2), (1, 0)), MaxPool((2, 3)), AvgPool(3, 1, 1), Conv(16, 3))
    own = Network("own", (3, 40, 60), 7, stages(body=body), chain(GlobalAvgPool(), Flatten(), Linear(7)))
    rows = all_rows(own)
    for seed in range(20):
        for question in quiz(own, 12, seed).questions:
            assert question.answers[question.key].text == right_answer(question, rows), question
