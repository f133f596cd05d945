"""A quiz about a network: questions drawn by a seed, none twice, of as many kinds as there are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Literal

from brickwork.errors import BrickworkError, nearest
from brickwork.exam.kinds import LAYER_KINDS, STAGE_KINDS, Subject
from brickwork.exam.question import Draft, Question, complete, has_mistakes
from brickwork.network import Cost, Network, Shape, cost
from brickwork.network.arithmetic.why import follow
from brickwork.network.cost import Piece

Form = Literal["markdown", "html", "gift"]


@dataclass(frozen=True, repr=False)
class Quiz:
    """Questions about a network, with their answers and the key; the same seed gives the same ones."""

    network: Network
    seed: int
    questions: tuple[Question, ...]

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.network.name,
            "input": self.network.input,
            "classes": self.network.classes,
            "seed": self.seed,
            "questions": [question.to_dict() for question in self.questions],
        }

    @property
    def title(self) -> str:
        count = len(self.questions)
        return f"{self.network.name}: {count} question{'' if count == 1 else 's'}"

    def render(self, form: Form) -> str:
        """The sheet with its key: "markdown", "html" for a browser or a printer, or "gift" for Moodle."""
        from brickwork.exam.forms import FORMS

        if form not in FORMS:
            raise BrickworkError(f"a quiz is written as {', '.join(FORMS)}, not {form!r}: {nearest(form, list(FORMS))}")
        return FORMS[form](self)

    def __repr__(self) -> str:
        return f"Quiz({self.network}, {len(self.questions)} questions, seed {self.seed})"


def quiz(network: Network, questions: int = 10, seed: int = 0) -> Quiz:
    """Questions about a network with four answers each, whose wrong ones are real mistakes; without torch.

    Kinds of questions take turns, and each is asked of a row that is drawn. Raises BrickworkError where the network has
    not so many questions.
    """
    if questions < 1:
        raise BrickworkError(f"a quiz has at least 1 question, not {questions}.")
    chance = Random(seed)
    found = [complete(draft, chance) for draft in islice(take_turns(streams(network, chance), chance), questions)]
    if len(found) < questions:
        raise BrickworkError(f"{network.name} has {len(found)} different questions: ask for at most {len(found)}.")
    return Quiz(network, seed, tuple(found))


def streams(network: Network, chance: Random) -> list[Iterator[Draft]]:
    """For each kind of question those that the network has, in an order that is drawn; each is made when asked for."""
    total = cost(network)
    found, rows = list(subjects(total)), total.at("stage")
    return [
        *(of_layers(rule, chance.sample(found, len(found))) for rule in LAYER_KINDS),
        *(of_stages(rule(network, rows), chance) for rule in STAGE_KINDS),
    ]


def of_layers(rule: Callable[[Subject], Iterator[Draft]], subjects: list[Subject]) -> Iterator[Draft]:
    for subject in subjects:
        yield from rule(subject)


def of_stages(drafts: Iterator[Draft], chance: Random) -> Iterator[Draft]:
    every = list(drafts)
    chance.shuffle(every)
    yield from every


def subjects(total: Cost) -> Iterator[Subject]:
    """Every layer with what reaches it; of equal blocks on one shape the first has its layers here."""
    first: dict[tuple[int, Shape], Piece] = {}
    for piece in (*total.pieces, *total.side_heads):
        first.setdefault((id(piece.expr), piece.start.shape), piece)
    for piece in first.values():
        yield from (Subject(*found) for found in follow(piece.expr, piece.start, piece.path))


def take_turns(streams: list[Iterator[Draft]], chance: Random) -> Iterator[Draft]:
    """A question of each kind in an order that is drawn, and again, until there are none; no two have one text."""
    chance.shuffle(streams)
    texts: set[str] = set()
    while streams:
        for stream in list(streams):
            draft = next((draft for draft in stream if draft.text not in texts and has_mistakes(draft)), None)
            if draft:
                texts.add(draft.text)
                yield draft
            else:
                streams.remove(stream)
