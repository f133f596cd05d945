import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from PIL import Image

import brickwork
from brickwork.cli import shell
from shell import Answer, Ask, command, parse

VERBS = [
    "list",
    "show",
    "diff",
    "family",
    "lint",
    "why",
    "faithful",
    "quiz",
    "lecture",
    "scale",
    "check",
    "train",
    "evaluate",
    "predict",
    "export",
    "bench",
    "doctor",
]


def started(*words: str, **options: int) -> "subprocess.Popen[str]":
    """`brickwork ...` in a process of its own."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([sys.executable, "-m", "brickwork", *words], text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def examples(verb: str) -> list[list[str]]:
    """The example lines of a verb's help, as words."""
    lines = map(str.strip, (command(verb).help or "").splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith("brickwork ")]


def test_without_a_verb_the_shell_lists_its_verbs(ask: Ask) -> None:
    answer = ask()
    assert answer.code == 0
    listed = [line.split()[0] for line in answer.out.split("Commands:")[1].splitlines() if line.strip()]
    assert listed == VERBS


def test_no_verb_is_cut_short_in_the_list(ask: Ask) -> None:
    assert "..." not in ask("--help").out.split("Commands:")[1]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example_that_parses_and_json(ask: Ask, verb: str) -> None:
    assert "--json" in ask(verb, "--help").out
    assert examples(verb)
    for words in examples(verb):
        assert words[0] == verb
        parse(*words)


@pytest.mark.parametrize("words", [words for verb in VERBS[:6] for words in examples(verb)], ids=" ".join)
def test_the_examples_run(ask: Ask, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # some write a picture
    assert ask(*words).code in ((0, 1) if words[0] == "lint" else (0,))  # 1: it has found an error


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["shwo"], "unknown command 'shwo': did you mean 'show'?"),
        (["show"], "Missing argument 'NETWORK'. See 'brickwork show --help'."),
        (["show", "vgg11", "--dept", "1"], "unknown option '--dept': did you mean '--depth'? See 'brickwork show"),
        (
            ["show", "vgg11", "--zzzz"],
            "unknown option '--zzzz': See 'brickwork show --help'.",
        ),
        (["show", "vgg11", "--input", "3x" + "9" * 400], "write channels x height x width, as in 3x224x224."),
        (["show", "vgg11", "--classes", "9" * 400], "is not in the range 1<=x<=1000000000"),
        (["show", "vgg11", "--depth", "all"], "Invalid value for '--depth': 'all' is not one of"),
        (["show", "vgg11", "--classes", "0"], "Invalid value for '--classes': 0 is not in the range"),
        (["list", "a", "b"], "Got unexpected extra argument (b). See 'brickwork list --help'."),
        (["train", "--epcohs", "3"], "unknown option '--epcohs': did you mean '--epochs'?"),
        (["train", "--epochs", "many"], "Invalid value for '--epochs': 'many' is not a valid integer."),
        (["train", "--epochs", "0"], "recipe: epochs is between 1 and 1e+06, not 0."),
        (["train", "resnet2O"], "unknown network 'resnet2O': did you mean 'resnet20'?"),
        (["train", "--data", "fashoin"], "unknown data 'fashoin': did you mean 'fashion'?"),
        (["train", "--classes", "11"], "fashion has 10 classes, not 11: T-shirt/top"),
        (["train", "vgg11", "--input", "1x8x8"], "vgg11 on 1x8x8: stage4.maxpool"),
        (["evaluate", "model.safetensors"], "Missing option '--data'"),
    ],
)
def test_a_mistake_in_typing_is_one_line_and_exit_code_2(ask: Ask, words: list[str], says: str) -> None:
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("brickwork: ")
    assert says in answer.err
    assert answer.err.count("\n") == 1


def test_asking_and_mistyping_do_not_import_torch() -> None:
    asked = [
        *([verb, "--help"] for verb in VERBS),
        *(["list"], ["list", "--json"], ["lecture"], ["scale", "vgg16"], ["show", "resnet152", "--json"]),
        ["show", "nothing"],
        *(["train", "resnet2O"], ["train", "--lr", "-1"], ["train", "--data", "nowhere/"], ["evaluate"], ["typo"]),
        *(["train", "vgg11", "--input", "1x8x8"], ["train", "--classes", "3"]),
    ]
    script = (
        "import sys, brickwork\n"
        "from brickwork.cli.shell import run\n"
        f"codes = [run(words) for words in {asked!r}]\n"
        "sys.exit(str('torch' in sys.modules) + str(codes))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "False" + str([0] * (len(VERBS) + 5) + [2] * 8)


BASE = "import sys; sys.modules.update(torch=None, torchvision=None)"  # as where neither is installed
INSTALL = "which is not installed: pip install 'brickwork[train]' (from its folder: pip install '.[train]')\n"


def on_the_base(script: str, *words: object) -> "subprocess.CompletedProcess[str]":
    """A script in a process that has no torch."""
    command = [sys.executable, "-c", f"{BASE}\n{script}", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def ask_on_the_base(*words: object) -> Answer:
    done = on_the_base("from brickwork.cli.shell import run; sys.exit(run(sys.argv[1:]))", *words)
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of twelve images each."""
    for shade, name in enumerate(("dark", "light")):
        (tmp_path / name).mkdir()
        for number in range(12):
            Image.new("L", (9, 9), 100 * shade + 7 * number).save(tmp_path / name / f"{number}.png")
    return tmp_path


@pytest.mark.parametrize(
    "words", [["list"], ["show", "resnet50"], ["lecture"], ["scale", "vgg16"], ["doctor"], ["doctor", "--json"]]
)
def test_the_base_has_all_that_reading_networks_needs(words: list[str]) -> None:
    answer = ask_on_the_base(*words)
    assert (answer.code, answer.err) == (0, "")
    assert len(answer.out) > 200


def test_the_base_checks_data(photos: Path) -> None:
    answer = ask_on_the_base("check", photos)
    assert (answer.code, answer.err) == (0, "")
    assert "24 images of 2 classes" in answer.out


@pytest.mark.parametrize("verb", ["train", "evaluate", "predict"])
def test_a_command_that_needs_torch_answers_with_the_one_line_that_installs_it(verb: str) -> None:
    for words in examples(verb):
        if "model.onnx" in words:  # an exported model needs no torch
            continue
        assert ask_on_the_base(*words) == Answer(2, "", f"brickwork: {verb} needs torch, {INSTALL}")


@pytest.mark.parametrize("verb", VERBS)
def test_the_base_has_the_help_of_every_verb(verb: str) -> None:
    answer = ask_on_the_base(verb, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert "Usage: brickwork" in answer.out


def test_python_on_the_base_names_the_line_where_a_function_needs_torch() -> None:
    script = (
        "import brickwork\n"
        "assert brickwork.cost(brickwork.zoo.network('lenet5')).params\n"
        "try: brickwork.build\n"
        "except brickwork.BrickworkError as error: print(error)"
    )
    assert on_the_base(script).stdout == f"brickwork.build needs torch, {INSTALL}"


def test_version_is_the_librarys(ask: Ask) -> None:
    assert ask("--version").out == f"{brickwork.__version__}\n"


def test_a_closed_pipe_is_silent() -> None:
    process = started("show", "resnet152", "--depth", "layer")
    assert process.stdout
    assert process.stderr
    process.stdout.close()  # before the first line is written
    assert process.wait(timeout=30) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        process = started("list", stdout=full.fileno())
        assert process.wait(timeout=30) == 2
    assert process.stderr
    assert process.stderr.read() == "brickwork: No space left on device.\n"
    process.stderr.close()


@pytest.mark.parametrize(("words", "code"), [("show lenet5 >&-", 0), ("show nothing 2>&-", 2), ("list >&- 2>&-", 0)])
def test_a_closed_stream_takes_nothing_and_the_other_stays_clean(words: str, code: int) -> None:
    line = f"{shlex.quote(sys.executable)} -m brickwork {words}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_a_file_that_cannot_be_opened_is_one_line(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("broken")
    def broken() -> None:
        Path("/no/such/folder/table.csv").write_text("")

    monkeypatch.setitem(shell.brickwork.commands, "broken", broken)
    answer = ask("broken")
    assert (answer.code, answer.err) == (2, "brickwork: /no/such/folder/table.csv: No such file or directory.\n")


def test_a_fault_of_the_library_is_not_hidden(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("broken")
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(shell.brickwork.commands, "broken", broken)
    with pytest.raises(ZeroDivisionError):
        ask("broken")


def test_what_the_terminal_cannot_show_is_printed_as_an_escape() -> None:
    script = "import sys; from brickwork.cli.shell import run; run(['--version']); print('caf\\u00e9')"
    narrow = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=narrow, check=True)
    assert done.stdout.endswith("caf\\xe9\n")


def test_data_that_is_typed_as_an_argument_is_led_to_its_option(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    assert ask("train", "resnet18", "photos").err == (
        "brickwork: Got unexpected extra argument (photos). The data is given as --data SOURCE. "
        "See 'brickwork train --help'.\n"
    )
    assert "--data" not in ask("check", "photos", "photos").err
    assert ask("train", "photos").err == (
        "brickwork: photos is no network, but a file or a folder. Is it the data? Write --data photos\n"
    )
    (tmp_path / "resnet18").mkdir()  # a folder of a network's name hides no network
    assert "unknown data 'leaves'" in ask("train", "resnet18", "--data", "leaves").err


def test_a_model_that_is_not_there_is_answered_with_the_nearest_run(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "resnet18-photos-1").mkdir(parents=True)
    (tmp_path / "new").mkdir()
    for typed in ("runs/resnet18-photos-2", "runs/resnet18-photo-1/model.safetensors"):
        assert ask("evaluate", typed, "--data", "fashion").err.endswith(" Did you mean runs/resnet18-photos-1?\n")
    assert ask("predict", "new", "model.safetensors").err.endswith("model.safetensors. new is a folder without one.\n")
    assert "Did you mean" not in ask("predict", "alexnet", "new").err


def test_a_folder_for_a_network_is_not_sent_to_an_option_that_the_command_lacks(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    said = (
        "brickwork: photos is no network, but a file or a folder. "
        "Write a network's name, as in 'brickwork list', a model file or FILE.py:NAME.\n"
    )
    assert ask("diff", "photos", "lenet5").err == ask("quiz", "photos").err == said


def test_an_empty_name_is_an_unknown_network(ask: Ask) -> None:
    assert "no network's name" in ask("quiz", "").err


def test_a_tool_that_is_named_twice_counts_once(ask: Ask) -> None:
    assert ask("show", "lenet5", "--count", "fvcore", "--count", "fvcore").out.count("fvcore 0.1.5 counts") == 1
