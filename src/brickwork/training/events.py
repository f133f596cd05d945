"""Events of a training, as a listener gets them one by one."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from brickwork.loader.note import Note
from brickwork.machine import cores, other_processes
from brickwork.recipe.recipe import Recipe
from brickwork.training.run.folder import Epoch

MUCH = 0.2  # the share of an epoch's time from which on it is worth a word
LONG = 60.0  # seconds of an epoch from which on it is worth one, too
FIRST = 20  # steps after the very first, by which the cores' use is judged
SLOW = 30.0  # or the seconds after which it is
SHARE = 0.7  # of the threads' time that a process has at least which is alone
LOGGER = logging.getLogger("brickwork")
LOGGER.addHandler(logging.NullHandler())  # whoever wants the notes configures logging


@dataclass(frozen=True)
class Step:
    """Event: a training step was taken."""

    epoch: int  # counted from 1
    epochs: int
    step: int  # steps taken in this epoch
    steps: int  # of an epoch
    loss: float  # of this step's batch, before the step
    images_per_second: float  # in this epoch
    seconds_left: float  # until the last epoch ends

    @property
    def text(self) -> str:
        done = f"epoch {self.epoch}, step {self.step} of {self.steps}"
        speed = f"{self.images_per_second:,.0f} images/s, {clock(self.seconds_left)} left"
        return f"{done}: loss {self.loss:.3f}, {speed}"


@dataclass(frozen=True)
class EpochEnd:
    """Event: an epoch was trained and validated; its line of metrics is `metrics`."""

    metrics: Epoch
    epochs: int
    steps: int  # of an epoch
    seconds_left: float  # until the last epoch ends

    @property
    def text(self) -> str:
        epoch = self.metrics
        return (
            f"epoch {epoch.epoch} of {self.epochs}: loss {epoch.loss:.3f}, val accuracy {epoch.val_accuracy:.2%}, "
            f"{epoch.images_per_second:,.0f} images/s, {self.exchange}{clock(self.seconds_left)} left"
        )

    @property
    def exchange(self) -> str:
        share = self.metrics.synchronising
        return f"{share:.0%} synchronising, " if share else ""


Event = Note | Step | EpochEnd
Listener = Callable[[Event], None]


def clock(seconds: float) -> str:
    """A time as a clock shows it: 4:05, or 1:04:05."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def speed_advice(epoch: Epoch, seconds: float, recipe: Recipe, kept: bool) -> str:
    """The one change that would help, where much of a long epoch did not go into its steps; "" where none would.

    `seconds` is how long the epoch took; `kept` says that its decoded images are in memory or on the disk already.
    """
    if seconds < LONG:
        return ""
    if epoch.waiting > MUCH and (ways := reading_advice(recipe, kept)):
        return f"{epoch.waiting:.0%} of the epoch's time was waiting for images: {ways} would help"
    if epoch.validating > MUCH:
        return f"{epoch.validating:.0%} of the epoch's time was validation: fewer images to validate with would help"
    return ""


def reading_advice(recipe: Recipe, kept: bool) -> str:
    """What would have images come faster: what the recipe does not do already."""
    few = 0 <= recipe.workers < cores()
    return " or ".join([*(["more --workers"] if few else []), *([] if kept else ["--cache always"])])


class CoreAdvice:
    """Says once that other processes use the cores: before the first step, or where the first steps show it.

    The number of threads stays what it is, as another gives other last bits.
    """

    def __init__(self, threads: int, steps: int, listener: Listener) -> None:
        self.threads = threads  # that compute
        self.left = steps
        self.listener = listener
        self.taken = -1  # steps that were timed; the very first is not, as it makes room for the others
        self.wall = self.cpu = 0.0  # seconds

    def begin(self) -> None:
        """Looks at the machine as it is now."""
        others = other_processes() if self.threads > 1 else 0
        if others > cores() / 3:
            self.tell("Other processes use the cores", self.threads - others)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Context of a training step, whose processor time is compared with what its threads could have had."""
        if self.threads < 2:
            yield
            return
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.add(time.perf_counter() - wall, time.process_time() - cpu)

    def add(self, wall: float, cpu: float) -> None:
        """Counts a step; after the last of the first ones, says what they show, if the training goes on for long."""
        self.left -= 1
        self.taken += 1
        if self.taken:
            self.wall, self.cpu = self.wall + wall, self.cpu + cpu
        if not self.threads or (self.taken < FIRST and self.wall < SLOW):
            return
        share = self.cpu / (self.wall * self.threads)
        if share < SHARE and self.wall / self.taken * self.left > LONG:
            self.tell(f"The first {self.taken} steps had {share:.0%} of the cores' time", self.threads * share)
        self.threads = 0

    def tell(self, what: str, free: float) -> None:
        if self.threads > 1:
            self.listener(Note(f"{what}: --threads {max(1, min(self.threads - 1, int(free)))} may be faster."))
        self.threads = 0


def threads_to_advise_on(recipe: Recipe, device: str, threads: int) -> int:
    """The threads that compute, where their number is nobody's choice; otherwise 0."""
    return 0 if recipe.threads or "OMP_NUM_THREADS" in os.environ or device != "cpu" else threads


def with_logging(listener: Listener) -> Listener:
    """The same listener, with every note in the log "brickwork", too."""

    def listen(event: Event) -> None:
        if isinstance(event, Note):
            LOGGER.info(event.text)
        listener(event)

    return listen


def silent(event: Event) -> None:
    """The listener that shows nothing."""
