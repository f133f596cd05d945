"""A quiz in Markdown, with a page break before the key."""

import re

from brickwork.exam.forms.words import GENERATOR, RULES, command, mistakes, origin
from brickwork.exam.question import LETTERS, Question
from brickwork.exam.quiz import Quiz

BREAK = '<div style="page-break-after: always"></div>'
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def markdown_sheet(quiz: Quiz) -> str:
    """The sheet and, on a page of its own, the key."""
    questions = "\n\n".join(question_text(number, each) for number, each in enumerate(quiz.questions, 1))
    keys = "\n".join(key_text(number, each) for number, each in enumerate(quiz.questions, 1))
    return (
        f"<!-- {GENERATOR} -->\n\n# {escape_markdown(quiz.title)}\n\n{escape_markdown(origin(quiz))}\n\n{RULES}\n\n"
        f"Name: ______________________  Date: ______________  Points: ______ / {len(quiz.questions)}\n\n"
        f"{questions}\n\n{BREAK}\n\n# Key to {escape_markdown(quiz.title)}\n\n{keys}\n\n"
        f"Made by `{command(quiz)}`.\n"
    )


def escape_markdown(text: str) -> str:
    """Text that means nothing to Markdown."""
    return SPECIAL.sub(r"\\\1", text)


def question_text(number: int, question: Question) -> str:
    row = f"`{question.path}`: " if question.path else ""
    pairs = zip(LETTERS, question.answers, strict=True)
    answers = "\n".join(f"   - {letter}. {escape_markdown(answer.text)}" for letter, answer in pairs)
    return f"{number}. {row}{escape_markdown(question.text)}\n\n{answers}"


def key_text(number: int, question: Question) -> str:
    wrong = "; ".join(f"{letter}: {escape_markdown(mistake)}" for letter, mistake in mistakes(question))
    right = escape_markdown(question.answers[question.key].text)
    return f"{number}. **{question.letter}**, {right}: `{question.arithmetic}`. {wrong}."
