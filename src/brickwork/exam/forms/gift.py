"""A quiz in GIFT, the text format of Moodle's question bank: each answer has its mistake as feedback."""

import re

from brickwork.exam.forms.words import RULES, command, origin
from brickwork.exam.question import Choice, Question
from brickwork.exam.quiz import Quiz

SPECIAL = re.compile(r"([\\~=#{}:])")  # what GIFT gives a meaning


def gift_text(quiz: Quiz) -> str:
    """The questions in a category of the network's name; a blank line ends each."""
    head = [f"// {line}" for line in (command(quiz), quiz.title, origin(quiz), RULES)]
    category = f"$CATEGORY: {quiz.network.name.replace('/', '-')}"
    questions = (question_gift(number, each) for number, each in enumerate(quiz.questions, 1))
    return "\n\n".join(["\n".join(head), category, *questions]) + "\n"


def escape_gift(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)


def question_gift(number: int, question: Question) -> str:
    """A question with its title, its answers and the arithmetic as feedback to all."""
    about = f" {question.path}" if question.path else ""
    row = f"{question.path}: " if question.path else ""
    title = f"::{escape_gift(f'{number:02} {question.kind}{about}')}::"
    answers = "\n".join(map(answer_gift, question.answers))
    text, arithmetic = escape_gift(f"{row}{question.text}"), escape_gift(question.arithmetic)
    return f"{title}[plain]{text}{{\n{answers}\n####{arithmetic}\n}}"


def answer_gift(answer: Choice) -> str:
    sign, feedback = ("~", f"#{escape_gift(answer.mistake)}") if answer.mistake else ("=", "")
    return f"{sign}{escape_gift(answer.text)}{feedback}"
