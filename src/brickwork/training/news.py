"""A training's news, in words."""

from brickwork.training.loop import Loop
from brickwork.training.progress import Progress
from brickwork.training.run.folder import Epoch

MUCH = 0.2  # the share of an epoch's time from which on it is worth a word


def step_news(loop: Loop, number: int, loss: float, first: int, seconds: float) -> Progress:
    """`first` is the step after which this process took its first of the epoch, `seconds` the time since."""
    epochs, steps = loop.recipe.epochs, loop.feed.steps
    step = loop.step - (number - 1) * steps
    speed = (loop.step - first) / steps * loop.feed.samples / seconds
    left = (epochs * steps - loop.step) / steps * loop.feed.samples / speed
    text = f"epoch {number}, step {step} of {steps}: loss {loss:.3f}, {speed:,.0f} images/s"
    return Progress("step", text, number, epochs, step, steps, loss, None, speed, left)


def epoch_news(epoch: Epoch, loop: Loop) -> Progress:
    epochs, steps = loop.recipe.epochs, loop.feed.steps
    left = epoch.seconds / epoch.epoch * (epochs - epoch.epoch)
    text = (
        f"epoch {epoch.epoch} of {epochs}: loss {epoch.loss:.3f}, validation accuracy {epoch.val_accuracy:.2%}, "
        f"{epoch.images_per_second:,.0f} images/s ({shares(epoch)}), {left:.0f} s left{slow(epoch)}"
    )
    return Progress(
        "epoch", text, epoch.epoch, epochs, steps, steps,
        epoch.loss, epoch.val_accuracy, epoch.images_per_second, left,
    )  # fmt: skip


def shares(epoch: Epoch) -> str:
    """What an epoch's time went into; what is neither waiting nor validating is computing."""
    computing = 1 - epoch.waiting - epoch.validating
    return f"{computing:.0%} computing, {epoch.waiting:.0%} waiting, {epoch.validating:.0%} validating"


def slow(epoch: Epoch) -> str:
    """The one change that would help, where much of an epoch's time did not go into its steps."""
    if epoch.waiting > MUCH:
        return "; waiting for images: more workers or cache=always would help"
    if epoch.validating > MUCH:
        return "; fewer images to validate with would help"
    return ""
