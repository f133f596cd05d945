"""The Python API: what `import brickwork` offers, and that it does what the command line does."""

import ast
import inspect
import logging
import pydoc
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.optim.optimizer import register_optimizer_step_pre_hook

import bars
import brickwork as bw
from brickwork.cli.shell import run
from brickwork.errors import BrickworkError
from brickwork.training.events import EpochEnd, Event

SOURCE = str(Path(bw.__file__).parent)
PUBLIC = [name for name in dir(bw) if not name.startswith("_")]
SCREEN = 50  # lines


def photographs(folder: Path, side: int, mode: str = "RGB") -> Path:
    """Two classes of noise, dark and light, in a size of their own."""
    chance = np.random.default_rng(side)
    for label, low in (("dark", 0), ("light", 120)):
        (folder / label).mkdir(parents=True)
        for number in range(12):
            pixels = chance.integers(low, low + 130, (side, side, 3), np.uint8)
            Image.fromarray(pixels).convert(mode).save(folder / label / f"{number}.png")
    return folder


def test_importing_brickwork_imports_neither_torch_nor_numpy() -> None:
    script = (
        "import brickwork as bw, sys; bw.cost(bw.zoo.network('lenet5')); print({'torch', 'numpy'} & {*sys.modules})"
    )
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert found.stdout == "set()\n"


def test_completion_shows_what_there_is() -> None:
    assert {"build", "load", "train", "predict", "zoo", "open_loader", "Recipe"} <= {*dir(bw)}
    assert all(getattr(bw, name) is not None for name in PUBLIC)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'brickwork' has no attribute 'nothing'"):
        _ = bw.nothing  # type: ignore[attr-defined]


def test_help_fits_two_screens_and_has_a_line_for_every_function() -> None:
    text = pydoc.render_doc(bw, renderer=pydoc.plaintext)
    assert len(text.splitlines()) <= 2 * SCREEN
    functions = [name for name in PUBLIC if inspect.isroutine(getattr(bw, name))]
    assert len(functions) >= 20
    names = (line.strip().split("  ")[0].split(", ") for line in text.splitlines() if "  " in line.strip())
    lines = {name for line in names for name in line}
    for name in functions:
        assert name in lines, f"help(brickwork) has no line for {name}"


def test_every_public_function_says_in_one_line_what_it_does() -> None:
    for name in PUBLIC:
        first = (getattr(bw, name).__doc__ or "").split("\n")[0]
        assert 10 < len(first) <= 120, name


def frames(stack: traceback.StackSummary) -> list[str]:
    return [frame.name for frame in stack if frame.filename.startswith(SOURCE)]


def test_at_most_five_frames_of_ours_stand_between_train_and_the_optimizers_step(tmp_path: Path) -> None:
    seen: list[list[str]] = []
    handle = register_optimizer_step_pre_hook(lambda *_: seen.append(frames(traceback.extract_stack())))
    try:
        bw.train(bars.network(), bars.dataset(), bars.QUICK, out=tmp_path / "run")
    finally:
        handle.remove()
    print(" -> ".join(seen[0]))
    assert seen[0][0] == "train"
    assert len(seen[0]) <= 5
    assert all(stack == seen[0] for stack in seen)


@pytest.mark.parametrize(
    ("network", "side", "mode", "options"),
    [
        ("lenet5", 28, "L", {}),
        ("resnet20[width=0.25]", 28, "L", {"lr": 0.05, "crop": 2}),
        ("vgg11[width=0.05]", 32, "RGB", {"seed": 3, "color": 0.2}),
        ("vgg11[width=0.05,batchnorm=true]", 32, "RGB", {"ema": 0.9, "accumulate": 2}),
        ("resnet18[width=0.05]", 224, "RGB", {"scale": 0.5, "mixup": 0.2}),
    ],
)
def test_train_leaves_the_weights_that_the_command_line_leaves(
    tmp_path: Path, network: str, side: int, mode: str, options: dict[str, float]
) -> None:
    data = photographs(tmp_path / "photos", side, mode)
    words = [f"--{name}={value}" for name, value in options.items()]
    code = run(["train", network, "--data", str(data), "--epochs=1", "--out", str(tmp_path / "shell"), *words])
    result = bw.train(network, data, epochs=1, out=tmp_path / "python", **options)
    assert code == 0
    assert result.model
    shell, python = (bw.load(path).model.state_dict() for path in (tmp_path / "shell/model.safetensors", result.model))
    assert all(torch.equal(value, python[name]) for name, value in shell.items())
    assert (tmp_path / "shell/recipe.toml").read_text() == (tmp_path / "python/recipe.toml").read_text()


def test_a_run_folder_is_chosen_as_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        result = bw.train(bars.network(), bars.dataset(), bars.QUICK, epochs=1)
        assert result.run == Path("runs") / f"tiny-bars-{number}"


def test_fields_win_over_a_recipe_and_a_wrong_one_is_told_with_the_nearest(tmp_path: Path) -> None:
    bw.train(bars.network(), bars.dataset(), bars.QUICK, epochs=1, lr=0.01, out=tmp_path / "run")
    assert "lr = 0.01 " in (tmp_path / "run" / "recipe.toml").read_text()
    with pytest.raises(BrickworkError, match="there is no 'epoch': did you mean 'epochs'"):
        bw.train(bars.network(), bars.dataset(), bars.QUICK, epoch=1, out=tmp_path / "other")


def test_a_file_is_a_recipe_and_its_seed_divides_the_data(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("epochs = 1\nseed = 7\n")
    data = photographs(tmp_path / "photos", 28, "L")
    result = bw.train("lenet5", data, tmp_path / "mine.toml", out=tmp_path / "run")
    assert result.model
    assert bw.load(result.model).record["seed"] == 7


def test_training_shows_nothing_where_there_is_no_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bw.train(bars.network(), bars.dataset(), bars.QUICK, epochs=1, out=tmp_path / "run")
    assert capfd.readouterr() == ("", "")


def test_training_shows_a_bar_on_a_terminal_unless_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    bw.train(bars.network(), bars.dataset(), bars.QUICK, epochs=1, out=tmp_path / "1", progress=False)
    assert capsys.readouterr().err == ""
    bw.train(bars.network(), bars.dataset(), bars.QUICK, epochs=1, out=tmp_path / "2")
    assert "epoch 1 of 1: loss" in capsys.readouterr().err


def test_a_listener_hears_instead_of_the_bar_and_notes_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Event] = []
    with caplog.at_level(logging.INFO, logger="brickwork"):
        bw.train(bars.network(), bars.dataset(), bars.QUICK, epochs=1, out=tmp_path / "run", listener=heard.append)
    assert isinstance(heard[-1], EpochEnd)
    assert "val: 32 images" in caplog.text or "val: " in caplog.text
    assert [record.name for record in caplog.records if "images" in record.message] == ["brickwork", "brickwork"]


def test_a_loop_of_ones_own_runs_over_a_loader(tmp_path: Path) -> None:
    network = bw.zoo.network("lenet5", classes=2)
    data = bw.open_data(photographs(tmp_path / "photos", 28, "L"))
    model = bw.build(network)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with bw.open_loader(data, network, bw.Recipe(batch=8)) as loader:
        assert "images of 1x28x28" in repr(loader)
        assert all(len(repr(thing)) < 100 for thing in (loader, loader.images, loader.validation, loader.images.val))
        seen = 0
        for batch in loader.batches(epoch=1):
            loss = torch.nn.functional.cross_entropy(model(batch.images), batch.targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += len(batch.images)
        assert seen == loader.samples
        assert len(loader.validation.labels) == len(loader.validation)


def test_results_are_short_to_look_at(tmp_path: Path) -> None:
    result = bw.train(bars.network(), bars.dataset(), bars.QUICK, epochs=1, out=tmp_path / "run")
    assert result.model
    network = bw.zoo.network("resnet152")
    many = bw.Dataset("many", tuple(f"class {number}" for number in range(10_000)), {"train": bars.split(40, 0)})
    results = [
        result, network, bw.cost(network), bw.build(bars.network()), bw.load(result.model), bars.dataset(), many,
        bars.split(40, 0), bw.Recipe(), bw.recipe_for("default", network, {}),
        bw.evaluate(bw.load(result.model), bars.dataset()),
    ]  # fmt: skip
    for thing in results:
        assert len(repr(thing)) < 400, type(thing)


def test_networks_costs_reports_and_data_sets_have_tables_for_a_notebook(tmp_path: Path) -> None:
    result = bw.train(bars.network(), bars.dataset(), bars.QUICK, epochs=1, out=tmp_path / "run")
    assert result.model
    network = bw.zoo.network("resnet20")
    for thing in (network, bw.cost(network), bw.evaluate(bw.load(result.model), bars.dataset()), bars.dataset()):
        html = thing._repr_html_()
        assert html.count("<table") >= 1, type(thing)
        assert len(html) < 100_000


def test_type_checkers_see_the_public_names_that_there_are() -> None:
    """The names stand twice in __init__, for type checkers and for the module's own look-up: they are the same."""
    tree = ast.parse(Path(bw.__file__).read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {
        (node.module, alias.name) for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    stated = next(node.value for node in guarded.body if isinstance(node, ast.Assign))
    assert imported == {*((module, name) for name, module in bw._PLACES.items()), ("brickwork", "zoo")}
    assert sorted(ast.literal_eval(stated)) == sorted(PUBLIC)


def test_training_has_the_same_defaults_in_python_and_at_the_command_line() -> None:
    from brickwork.cli.commands.train import train_command

    options = {option.name: option.default for option in train_command.params}
    defaults = {name: value.default for name, value in inspect.signature(bw.train).parameters.items()}
    for name, option in (("data", "data"), ("recipe", "word"), ("nproc", "nproc")):
        assert defaults[name] == options[option], name
    assert defaults["data"] == "fashion"
    assert defaults["max_restarts"] == options["max_restarts"]
