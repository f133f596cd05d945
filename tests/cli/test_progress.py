import errno
from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress as Bar

from brickwork.cli.output import notify
from brickwork.cli.progress import training_progress
from brickwork.loader.note import Note
from brickwork.training.events import EpochEnd, Event, Step
from brickwork.training.progress import BarListener, columns, shown
from brickwork.training.run.folder import Epoch

STEP = Step(epoch=2, epochs=4, step=5, steps=10, loss=1.25, images_per_second=1234, seconds_left=75)
EPOCH = EpochEnd(Epoch(2, 1.5, 1.2, 0.875, 0.1, 20.0, 1234.0), epochs=4, steps=10, seconds_left=20)


def drawn(*news: Event) -> str:
    """What a terminal of 100 columns has been shown in the end."""
    screen = StringIO()
    with Bar(*columns(), console=Console(file=screen, force_terminal=True, width=100), auto_refresh=False) as bar:
        listen = BarListener(bar)
        for each in news:
            listen(each)
        bar.refresh()
    return screen.getvalue()


def test_the_bar_has_epoch_loss_speed_and_time_left() -> None:
    screen = drawn(STEP)
    for words in ("epoch 2 of 4", "loss 1.250", "1,234 images/s", "1:15 left"):
        assert words in screen


def test_the_bar_counts_the_steps_of_all_epochs() -> None:
    with Bar(*columns(), console=Console(file=StringIO())) as bar:
        BarListener(bar)(STEP)
    assert (bar.tasks[0].completed, bar.tasks[0].total) == (15, 40)


def test_the_accuracy_of_the_last_epoch_stays_in_the_bar() -> None:
    assert "accuracy" not in drawn(STEP)
    assert "accuracy 87.5%" in drawn(EPOCH, STEP)


def test_notes_and_epochs_stand_above_the_bar_as_they_are() -> None:
    screen = drawn(Note("skipped [x].jpg: no image"), EPOCH)
    assert "skipped [x].jpg: no image" in screen
    assert "epoch 2 of 4: loss 1.500, val accuracy 87.50%" in screen


def test_without_a_terminal_there_are_lines_and_no_steps(capsys: pytest.CaptureFixture[str]) -> None:
    with training_progress() as report:
        for news in (Note("a note"), STEP, EPOCH):
            report(news)
    assert capsys.readouterr() == ("", f"a note\n{EPOCH.text}\n")


def test_a_terminal_that_was_closed_stops_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closing(StringIO):
        gone = False

        def write(self, text: str) -> int:
            if self.gone:
                raise OSError(errno.EIO, "Input/output error")
            return super().write(text)

        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stderr", terminal := Closing())
    monkeypatch.setattr("threading.excepthook", lambda fault: None)  # of the thread that draws
    with shown(progress=True, listener=None) as listener:
        terminal.gone = True
        for _ in range(3):
            listener(EPOCH)
    notify("a note")


def test_a_note_above_the_bar_does_nothing_to_the_terminal() -> None:
    screen = drawn(Note("left out a\x1b]0;owned\x07\u202egnp.exe\r"))
    assert "left out a\\x1b]0;owned\\x07\\u202egnp.exe\\r" in screen
    assert "\x07" not in screen


def test_a_command_in_a_note_is_a_line_without_breaks_for_it_to_be_copied() -> None:
    command = f"brickwork train resnet18 --data '{'long name ' * 12}' --pretrained"
    screen = drawn(Note(f"245 images are few to begin with no weights. Better: {command}"))
    assert "245 images are few to begin with no weights. Better:" in screen
    assert f"  {command}" in screen
    assert "as 'brickwork check' found: 1" in drawn(Note("Warning: labels disagree, as 'brickwork check' found: 1"))
