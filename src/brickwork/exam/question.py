"""A question of an exam with four answers, and the parts it is made of."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from random import Random
from typing import NamedTuple

WRONG = 3  # answers beside the right one
LETTERS = "ABCD"


class Option(NamedTuple):
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
    wrong: tuple[Option, ...]


@dataclass(frozen=True)
class Question:
    """A question, its answers in their order, and which is right."""

    kind: str
    path: str
    text: str
    options: tuple[Option, ...]
    key: int  # the place of the right answer, from 0
    arithmetic: str

    @property
    def letter(self) -> str:
        return LETTERS[self.key]

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "options": [option._asdict() for option in self.options], "letter": self.letter}


def distinct(draft: Draft) -> list[Option]:
    """The wrong answers that equal neither the right one nor another; of equal ones the first."""
    kept: dict[str, Option] = {}
    for option in draft.wrong:
        if option.text != draft.right:
            kept.setdefault(option.text, option)
    return list(kept.values())


def has_mistakes(draft: Draft) -> bool:
    """Whether there are enough wrong answers."""
    return len(distinct(draft)) >= WRONG


def complete(draft: Draft, chance: Random) -> Question:
    """The question with wrong answers drawn, and all shuffled."""
    options = [Option(draft.right), *chance.sample(distinct(draft), WRONG)]
    chance.shuffle(options)
    key = next(place for place, option in enumerate(options) if not option.mistake)
    return Question(draft.kind, draft.path, draft.text, tuple(options), key, draft.arithmetic)


def counts(pairs: Iterable[tuple[int, str]]) -> tuple[Option, ...]:
    """Wrong answers from numbers and mistakes; no count is less than 1."""
    return tuple(Option(f"{number:,}", mistake) for number, mistake in pairs if number > 0)
