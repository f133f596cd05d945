"""A question of an exam with four answers, and the parts it is made of."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from random import Random
from typing import NamedTuple

WRONG = 3  # answers beside the right one
LETTERS = "ABCD"


class Choice(NamedTuple):
    """An answer, and the mistake that leads to it; "" is that of the right one."""

    text: str
    mistake: str = ""


class Draft(NamedTuple):
    """A question before its answers are drawn: the right one, and all wrong ones that are real mistakes."""

    kind: str
    path: str  # the row that it is about; "" is the whole network
    text: str
    right: str
    arithmetic: str
    wrong: tuple[Choice, ...]


@dataclass(frozen=True)
class Question:
    """A question, its answers in their order, and which is right."""

    kind: str
    path: str
    text: str
    answers: tuple[Choice, ...]
    key: int  # the place of the right answer, from 0
    arithmetic: str

    @property
    def letter(self) -> str:
        return LETTERS[self.key]

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "answers": [answer._asdict() for answer in self.answers], "letter": self.letter}


def distinct(draft: Draft) -> list[Choice]:
    """The wrong answers that equal neither the right one nor another; of equal ones the first."""
    kept: dict[str, Choice] = {}
    for answer in draft.wrong:
        if answer.text != draft.right:
            kept.setdefault(answer.text, answer)
    return list(kept.values())


def has_mistakes(draft: Draft) -> bool:
    """Whether there are enough wrong answers."""
    return len(distinct(draft)) >= WRONG


def complete(draft: Draft, chance: Random) -> Question:
    """The question with wrong answers drawn, and all shuffled."""
    answers = [Choice(draft.right), *chance.sample(distinct(draft), WRONG)]
    chance.shuffle(answers)
    key = next(place for place, answer in enumerate(answers) if not answer.mistake)
    return Question(draft.kind, draft.path, draft.text, tuple(answers), key, draft.arithmetic)


def counts(pairs: Iterable[tuple[int, str]]) -> tuple[Choice, ...]:
    """Wrong answers from numbers and mistakes; no count is less than 1."""
    return tuple(Choice(f"{number:,}", mistake) for number, mistake in pairs if number > 0)
