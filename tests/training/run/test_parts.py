"""A run folder that somebody sent: its parts may be links, and its names may lead anywhere."""

import errno
import json
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bars
from brickwork.cli.shell import run as command
from brickwork.errors import BrickworkError
from brickwork.evaluation.data import as_model_file
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import Event, Step
from brickwork.training.run.checkpoint import Checkpoints
from brickwork.training.run.folder import Run, check_empty
from brickwork.training.run.parts import PARTS, is_partial, remove_partial_parts, step_of
from brickwork.training.run.trackers import OWN
from brickwork.training.train import resume, train

SMALL = ("resnet20[width=0.25]", "--epochs", "1", "--batch", "8", "--cache", "off", "--workers", "0", "--threads", "1")


def photos(folder: Path) -> Path:
    split = bars.split(40, 0, classes=2)
    for number, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
        path = folder / bars.CLASSES[label] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0]).save(path)
    return folder


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs that was stopped in its second; its data lies beside it."""
    folder = tmp_path_factory.mktemp("begun")
    data = photos(folder / "photos")

    def stop(event: Event) -> None:
        if isinstance(event, Step) and (event.epoch, event.step) == (2, 1):
            signal.raise_signal(signal.SIGHUP)

    fields = {"epochs": 3, "batch": 8, "workers": 0, "threads": 1}
    result = train("resnet20[width=0.25]", data, out=folder / "run", listener=stop, **fields)
    assert result.stopped
    assert result.model
    return result.run


@pytest.fixture
def sent(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "sent"))


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder, with what its file holds."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def verbs(run: Path) -> tuple[tuple[str, ...], ...]:
    image = run.parent / "image.png"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(image)
    data = str(run.parent / "photos")
    return (
        ("train", "--resume", str(run), "--data", data),
        ("evaluate", str(run), "--data", data, "--split", "all"),
        ("predict", str(run), str(image)),
    )


def link_to_file(path: Path, home: Path) -> None:
    path.symlink_to(home / "authorized_keys")


def link_to_folder(path: Path, home: Path) -> None:
    path.symlink_to(home, target_is_directory=True)


def link_to_nothing(path: Path, home: Path) -> None:
    path.symlink_to(home / "new")


ENTRIES = (*PARTS, "checkpoints/00000005.safetensors", "checkpoints/00000005.sha256")


@pytest.mark.parametrize("link", [link_to_file, link_to_folder, link_to_nothing])
@pytest.mark.parametrize("part", ENTRIES)
def test_no_verb_follows_a_part_that_is_a_link(
    sent: Path, part: str, link: Callable[[Path, Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    home = sent.parent / "home"
    home.mkdir()
    (home / "authorized_keys").write_text("ssh-ed25519 AAAA")
    (home / "00000003.safetensors").write_bytes(b"a checkpoint, as it seems")
    (home / ".brickwork-0123456789abcdef").write_bytes(b"half a file, as it seems")
    (home / "model.safetensors").write_bytes(b"a model, as it seems")
    before = contents(home)
    target = sent / part
    shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    link(target, home)
    photos(sent.parent / "photos")
    for words in verbs(sent):
        code = command(words)
        assert contents(home) == before
        said = capsys.readouterr().err.splitlines()
        if words[0] == "train" or part == "model.safetensors":
            assert code == 2
            assert said[-1].startswith(f"brickwork: {target} is a link: ")
        else:
            assert code == 0


def test_a_run_whose_files_have_other_names_too_changes_none_of_them(sent: Path) -> None:
    """As `cp -al` makes them, or an archive whose hard links lead out of it."""
    home = sent.parent / "home"
    shutil.copytree(sent, home, copy_function=os.link)
    (sent / "notes.txt").exists() or (sent / "notes.txt").touch()
    before = contents(home)
    photos(sent.parent / "photos")
    assert [command(words) for words in verbs(sent)] == [0, 0, 0]
    assert contents(home) == before
    assert json.loads((sent / "metrics.jsonl").read_text().splitlines()[-1])["epoch"] == 3


def test_pipes_in_a_run_are_not_waited_for(sent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos(sent.parent / "photos")
    for part in ("recipe.toml", "run.json", ".lock"):
        whole = (sent / part).read_bytes()
        (sent / part).unlink()
        os.mkfifo(sent / part)
        assert command(verbs(sent)[0]) == 2
        assert "it is a pipe or a device" in capsys.readouterr().err
        (sent / part).unlink()
        (sent / part).write_bytes(whole)


def test_the_lock_keeps_what_it_holds(sent: Path) -> None:
    (sent / ".lock").write_text("my notes")
    with Run(sent, "").lock():
        assert (sent / ".lock").read_text() == "my notes"


def test_a_model_that_is_a_link_may_be_named_itself(begun: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").symlink_to(begun / "model.safetensors")  # as huggingface_hub keeps files
    with pytest.raises(BrickworkError, match=r"model\.safetensors is a link: name the file that it leads to"):
        as_model_file(tmp_path)
    assert len(as_model_file(tmp_path / "model.safetensors").classes) == 2


# Cleaning


STRANGE = (
    "best.safetensors", "0000001.safetensors", "000000001.safetensors", "00000001.safetensors.bak",
    "\u0661.safetensors", "00000001.pt",
    ".env", ".hidden.7", "SHA256", "model.sha256", ".brickwork-0123", ".brickwork-0123456789ABCDEF",
)  # fmt: skip
OURS = (
    "00000001.safetensors", "00000001.sha256", "123456789.safetensors", ".brickwork-0123456789abcdef",
    ".00000004.safetensors.99",
)  # fmt: skip


def test_only_names_that_this_program_gives_are_removed(tmp_path: Path) -> None:
    for name in (*STRANGE, *OURS):
        (tmp_path / name).write_bytes(b"content")
    Checkpoints(tmp_path).keep(set())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(STRANGE)
    assert Checkpoints(tmp_path).steps() == []


def test_nothing_is_removed_where_the_folder_of_checkpoints_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    for name in OURS:
        (tmp_path / "home" / name).write_bytes(b"content")
    (tmp_path / "checkpoints").symlink_to(tmp_path / "home")
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.keep(set())
    remove_partial_parts(tmp_path, alone=True)
    assert len(list((tmp_path / "home").iterdir())) == len(OURS)
    assert checkpoints.steps() == []


def test_what_killed_processes_were_writing_goes_with_the_next_lock(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    half = (".brickwork-0123456789abcdef", ".recipe.toml.77", "checkpoints/.brickwork-0000000000000000")
    for name in (*half, ".mine.7", "checkpoints/.env"):
        (tmp_path / name).write_bytes(b"half")
    remove_partial_parts(tmp_path, alone=False)  # somebody else may be writing: a day is waited
    assert all((tmp_path / name).exists() for name in half)
    os.utime(tmp_path / half[0], (0, 0))
    remove_partial_parts(tmp_path, alone=False)
    assert [(tmp_path / name).exists() for name in half] == [False, True, True]
    with Run(tmp_path, "").lock():
        assert sorted(contents(tmp_path)) == [".lock", ".mine.7", "checkpoints", "checkpoints/.env"]


def test_steps_are_read_from_names_as_they_are_written() -> None:
    assert [step_of(name) for name in OURS[:3]] == [1, 1, 123456789]
    assert [step_of(name) for name in STRANGE] == [None] * len(STRANGE)
    assert [is_partial(name) for name in STRANGE] == [False] * len(STRANGE)


# A new run


FILLED: dict[str, Sequence[str]] = {
    "a project": ("checkpoints/best.safetensors", "recipe.toml", "metrics.jsonl", "report.html", "src/main.py"),
    "checkpoints alone": ("checkpoints/00000010.safetensors",),
    "another's checkpoints": ("checkpoints/epoch1.pt",),
    "a recipe": ("recipe.toml",),
    "metrics": ("metrics.jsonl",),
    "a page": ("report.html",),
    "notes": ("notes.txt",),
    "a document": ("run.json",),
    "both": ("run.json", "recipe.toml"),
    "a model": ("model.safetensors",),
    "a curve": ("curve.svg",),
    "one other file": ("thesis.tex",),
    "a locked project": (".lock", "poetry.lock", "recipe.toml"),
    "an empty folder": ("empty/",),
}


@pytest.mark.parametrize("files", FILLED.values(), ids=FILLED)
def test_a_new_run_changes_nothing_in_a_folder_that_holds_something(
    files: Sequence[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = photos(tmp_path / "photos"), tmp_path / "proj"
    for file in files:
        path = out / file
        (path if file.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not file.endswith("/"):
            path.write_text(f"my own {file}")
    before = contents(out)
    assert command(["train", *SMALL, "--data", str(data), "--out", str(out), "--track", "tensorboard"]) == 2
    assert contents(out) == before
    assert str(out) in capsys.readouterr().err.splitlines()[-1]


def test_a_recipe_that_was_put_into_the_folder_is_not_written_over(begun: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    shutil.copy(begun / "recipe.toml", tmp_path / "out")  # as this program writes them, but of three epochs
    before = contents(tmp_path / "out")
    words = ("--recipe", str(tmp_path / "out" / "recipe.toml"), "--epochs", "1", "--data", str(begun.parent / "photos"))
    assert command(["train", "resnet20[width=0.25]", *words, "--out", str(tmp_path / "out")]) == 2
    assert contents(tmp_path / "out") == before


def test_a_folder_that_cannot_be_listed_may_hold_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("os.listdir", refuse)
    with pytest.raises(BrickworkError, match="cannot be listed, so that it may hold something: Permission denied"):
        check_empty(Run(tmp_path, "a run"), Recipe())


def test_what_systems_leave_in_an_empty_folder_does_not_count(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in (".DS_Store", "Thumbs.db", ".gitkeep", "lost+found/x"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("the system's")
    before = contents(out)
    assert command(["train", *SMALL, "--data", str(photos(tmp_path / "photos")), "--out", str(out)]) == 0
    after = contents(out)
    assert {name: after[name] for name in before} == before
    assert "model.safetensors" in after


@pytest.mark.parametrize("left", [".lock", "recipe.toml", "run.json", "images.jsonl.gz", "checkpoints"])
def test_a_start_that_was_killed_before_its_first_step_may_be_made_again(
    left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there when the process dies grows file by file."""
    words = ["train", *SMALL, "--data", str(photos(tmp_path / "photos")), "--out", str(tmp_path / "out")]

    class Killed(BaseException):
        """SIGKILL: nothing is tidied up."""

    def kill(*anything: Any, **named: Any) -> None:
        raise Killed

    place = {
        ".lock": "brickwork.training.train.create_run",
        "recipe.toml": "brickwork.training.run.folder.write_plan",
        "run.json": "brickwork.training.train.training_loop",
        "images.jsonl.gz": "brickwork.training.train.Trainer",
        "checkpoints": "brickwork.training.trainer.capture",
    }
    with monkeypatch.context() as patch:
        patch.setattr(place[left], kill)
        with pytest.raises(Killed):
            command(words)
    if left == "checkpoints":
        (tmp_path / "out" / "checkpoints").mkdir()
        (tmp_path / "out" / "checkpoints" / ".brickwork-0123456789abcdef").write_bytes(b"half a checkpoint")
    assert (tmp_path / "out" / left).exists()
    assert command(words) == 0
    assert not list((tmp_path / "out").rglob(".brickwork-*"))


# What a run may not contact


def rewrite(run: Path, **values: object) -> None:
    plan = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**plan, **values}))


@pytest.mark.parametrize(
    "data",
    ["https://host/a.tar", "s3://bucket/{0..3}.tar", "hf:owner/name", "hf:owner/name#label", "http:{//one,//two}/a.tar",
     "http:{/,}/host/a.tar", "reference::file://x.json", "ht{tp://,x}host/a.tar"],
)  # fmt: skip
def test_an_address_that_the_run_alone_names_is_not_opened(
    sent: Path, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(sent, data=data)
    opened: list[str] = []

    def note(source: str, **options: object) -> None:
        opened.append(source)
        raise BrickworkError("opened")

    monkeypatch.setattr("brickwork.training.resume.open_data", note)
    with pytest.raises(BrickworkError, match=r"its data is not on this machine, so that it is named again: .* --data"):
        resume(sent, progress=False)
    assert opened == []
    with pytest.raises(BrickworkError, match="opened"):
        resume(sent, data=data, progress=False)
    assert opened == [data]


def test_trackers_follow_where_they_are_named_again(sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Spy:
        def __init__(self) -> None:
            made.append("spy")

        def begin(self, run: object, recipe: object) -> None:
            made.append("begin")

        def epoch(self, epoch: object) -> None:
            made.append("epoch")

        def end(self, result: object) -> None:
            made.append("end")

    monkeypatch.setitem(OWN, "spy", Spy)
    rewrite(sent, track=["spy", "wandb"])
    named = Path(shutil.copytree(sent, sent.parent / "named"))
    heard: list[str] = []
    assert resume(sent, listener=lambda event: heard.append(event.text)).accuracy is not None
    assert made == []
    again = f"brickwork train --resume {sent} --track=spy --track=wandb"
    assert f"spy, wandb followed this training, and does so again where it is named: {again}" in heard
    assert command(["train", "--resume", str(named), "--track", "spy"]) == 0
    assert made == ["spy", "begin", "epoch", "epoch", "end"]


def test_weights_that_the_run_alone_names_are_not_fetched(sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(*anything: object, **named: object) -> None:
        raise AssertionError("fetched")

    monkeypatch.setattr("brickwork.weights.create.fetch", fetched)
    monkeypatch.setenv("TORCH_HOME", str(sent.parent / "empty"))
    shutil.rmtree(sent / "checkpoints")
    for weights in ("resnet18.tv_in1k", "preact_resnet18.none"):
        text = (sent / "recipe.toml").read_text().replace('weights = ""', f'weights = "{weights}"')
        assert weights in text
        (sent / "recipe.toml").write_text(text)
        with pytest.raises(BrickworkError, match=r"and a run alone fetches nothing|is no file and"):
            resume(sent, progress=False)
        (sent / "recipe.toml").write_text(text.replace(weights, ""))
