import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from brickwork.errors import BrickworkError
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import Event
from brickwork.training.result import Result
from brickwork.training.run.folder import Epoch, Run
from brickwork.training.run.trackers import Trackers, make_trackers, tracker

FAKE = """
class Fake:
    def __init__(self):
        self.heard = []
    def begin(self, run, recipe):
        self.heard.append(("begin", run.path.name, recipe.epochs))
    def epoch(self, epoch):
        self.heard.append(("epoch", epoch.epoch, epoch.val_accuracy))
    def end(self, result):
        self.heard.append(("end", result and result.accuracy))

def broken():
    raise OSError("no licence")
"""


def epoch(number: int) -> Epoch:
    return Epoch(number, 1.5, 1.2, 0.25 * number, 0.1, 3.0, 800.0)


def silent(news: Event) -> None:
    pass


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package as installed, with two trackers in its entry points."""
    (tmp_path / "fake_tracker.py").write_text(FAKE)
    info = tmp_path / "fake_tracker-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-tracker\nVersion: 1.0\n")
    points = "[brickwork.trackers]\nfake = fake_tracker:Fake\nbroken = fake_tracker:broken\n"
    (info / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("fake_tracker", None)


def told(all_trackers: Trackers, path: Path) -> None:
    """A whole training's news."""
    result = Result(run=path, model=None, accuracy=0.5, seconds=6.0)
    with all_trackers.follow(Run(path, "tiny on bars"), Recipe(epochs=2)):
        for number in (1, 2):
            all_trackers.epoch(epoch(number))
        all_trackers.result = result


def test_a_tracker_of_another_package_hears_a_whole_training(package: Path) -> None:
    fake: Any = tracker("fake")
    told(Trackers({"fake": fake}, silent), package / "run")
    assert fake.heard == [("begin", "run", 2), ("epoch", 1, 0.25), ("epoch", 2, 0.5), ("end", 0.5)]


def test_an_unknown_tracker_names_the_nearest(package: Path) -> None:
    with pytest.raises(BrickworkError, match=r"unknown tracker 'tensorbord': did you mean 'tensorboard'\?"):
        tracker("tensorbord")
    with pytest.raises(BrickworkError, match=r"unknown tracker 'fack': did you mean 'fake'\?"):
        make_trackers(["fack"], silent)


def test_a_package_that_fails_is_named(package: Path) -> None:
    with pytest.raises(BrickworkError, match=r"the tracker 'broken' \(fake_tracker:broken\) cannot be loaded: no lic"):
        tracker("broken")


@pytest.mark.parametrize(
    ("word", "module", "install"),
    [
        ("tensorboard", "tensorboard", "'brickwork[tensorboard]'"),
        ("wandb", "wandb", "wandb"),
        ("mlflow", "mlflow", "mlflow"),
        ("trackio", "trackio", "trackio"),
    ],
)
def test_a_missing_package_is_told_with_what_to_install(
    word: str, module: str, install: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # whatever is installed: import fails
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    with pytest.raises(BrickworkError) as error:
        tracker(word)
    assert str(error.value).endswith(f": pip install {install}")


def test_a_tracker_that_fails_is_left_out_and_the_others_go_on(package: Path) -> None:
    class Flaky:
        def begin(self, run: Run, recipe: Recipe) -> None:
            pass

        def epoch(self, epoch: Epoch) -> None:
            raise ConnectionError("no network")

        def end(self, result: Result | None) -> None:
            raise AssertionError("was left out")

    notes: list[str] = []
    fake: Any = tracker("fake")
    told(Trackers({"flaky": Flaky(), "fake": fake}, lambda news: notes.append(news.text)), package / "run")
    assert notes == ["the tracker flaky failed and is left out from here on: no network"]
    assert len(fake.heard) == 4


class Recorder(ModuleType):
    """A module that writes down every call, with what it has."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args: Any, **words: Any) -> "Recorder":
            self.calls.append((name, args, words))
            return self

        return call


@pytest.mark.parametrize("word", ["wandb", "mlflow", "trackio"])
def test_an_adapter_hands_on_the_recipe_and_every_epochs_numbers(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(word)
    recorder.summary = recorder  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, word, recorder)
    told(make_trackers([word], silent), tmp_path / "run")
    words = repr(recorder.calls)
    assert "'label_smoothing': 0.1" in words
    logged = [call for call in recorder.calls if call[0] in ("log", "log_metrics") and call[2]]
    assert [call[2]["step"] for call in logged] == [1, 2]
    assert logged[1][1][0]["val_accuracy"] == 0.5
    assert "test_accuracy_of_the_best" in words
    assert recorder.calls[-1][0] in ("finish", "end_run")


def test_tensorboard_holds_every_number_of_every_epoch(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    told(make_trackers(["tensorboard"], silent), tmp_path / "run")
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("val_accuracy")] == [(1, 0.25), (2, 0.5)]
    assert [(event.step, event.value) for event in events.Scalars("test_accuracy_of_the_best")] == [(2, 0.5)]
    assert "learning_rate" in events.Tags()["scalars"]
