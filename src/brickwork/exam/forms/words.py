"""The words that every form of a sheet has."""

from collections.abc import Iterator
from shlex import quote

from brickwork.exam.question import LETTERS, Question
from brickwork.exam.quiz import Quiz
from brickwork.network.layer import shape_text

RULES = (
    "One answer of four is right. Shapes are channels x height x width, or one number for a vector; one MAC is one "
    "multiply-add of a convolution or a dense layer; everything is for one image."
)
GENERATOR = "brickwork quiz"


def origin(quiz: Quiz) -> str:
    """What a sheet is about: the network on its input, and its paper."""
    paper = quiz.network.facts.paper
    return f"{quiz.network}{f'. {paper}' if paper else ''}"


def command(quiz: Quiz) -> str:
    """The command that makes the sheet again, where the network is known by its name."""
    network = quiz.network
    on = f"--input {shape_text(network.input)} --classes {network.classes}"
    return f"{GENERATOR} {quote(network.name)} {on} --questions {len(quiz.questions)} --seed {quiz.seed}"


def mistakes(question: Question) -> Iterator[tuple[str, str]]:
    """The letter and the mistake of each wrong answer."""
    for letter, answer in zip(LETTERS, question.answers, strict=True):
        if answer.mistake:
            yield letter, answer.mistake
