"""Sessions of both engines give torch's logits, in float32 unless a person allows less."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import openvino
import pytest
import torch

import exports
from brickwork import zoo
from brickwork.data.dataset import Images
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.machine import cores
from brickwork.model import ModelFile
from brickwork.runtime import Session, load

ENGINES = ["onnxruntime", "openvino"]


def pixels_for(file: ModelFile, count: int, seed: int = 0) -> Images:
    shape = (count, *file.model.network.input)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@torch.no_grad()
def torch_logits(file: ModelFile, pixels: Images) -> torch.Tensor:
    """Written out: not by what prediction itself calls."""
    preprocessing = Preprocessing.read(file.preprocessing)
    mean, std = (torch.tensor(m, dtype=torch.float64).view(-1, 1, 1) for m in (preprocessing.mean, preprocessing.std))
    return file.model.double()((torch.from_numpy(pixels).double() / 255 - mean) / std)


@pytest.mark.parametrize("name", ["lenet5", "resnet20[width=0.25]", "googlenet[width=0.125,side_heads=false]"])
def test_both_engines_and_both_formats_give_torchs_logits(tmp_path: Path, name: str) -> None:
    network = zoo.network(name, classes=7, input=None if name == "lenet5" else (3, 64, 48))
    file = exports.random_file(network)
    path = exports.export_onnx(file, tmp_path / "model.onnx")
    sessions = [load(path, engine=engine) for engine in ENGINES]
    sessions.append(load(exports.export_ir(path, tmp_path / "model.xml")))
    for count in (1, 3, 8):
        pixels = pixels_for(file, count, seed=count)
        expected = torch_logits(file, pixels)
        for session in sessions:
            found = session.logits(pixels)
            assert (found.dtype, found.shape) == (np.float32, (count, 7))
            torch.testing.assert_close(torch.from_numpy(found).double(), expected, rtol=1e-4, atol=1e-4)


def test_a_session_says_its_engine_and_has_the_document(judge_path: Path) -> None:
    session = load(judge_path)
    assert isinstance(session, Session)
    assert session.document.classes == ("black", "grey", "white")
    assert session.document.record["seed"] == 7
    name = "openvino" if judge_path.suffix == ".xml" else "onnxruntime"
    assert session.engine.split()[0] == name
    assert session.engine.split()[1].count(".") == 2


def test_logits_stay_when_the_next_batch_is_computed(judge_path: Path) -> None:
    session = load(judge_path)
    dark, light = (np.full((2, 1, 4, 4), value, np.uint8) for value in (0, 255))
    first = session.logits(dark)
    before = first.copy()
    session.logits(light)
    assert (first == before).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_as_many_threads_compute_as_were_asked_for(judge_folder: Path, engine: str) -> None:
    for threads, expected in ((0, cores()), (1, 1), (2, 2)):
        session = load(judge_folder / "judge.onnx", engine=engine, threads=threads)
        if engine == "onnxruntime":
            assert session._session.get_session_options().intra_op_num_threads == expected  # type: ignore[attr-defined]
        else:
            assert session._compiled.get_property("INFERENCE_NUM_THREADS") == expected  # type: ignore[attr-defined]


def test_openvino_computes_in_float32_unless_bfloat16_is_allowed(judge_folder: Path) -> None:
    able = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    for name in ("judge.onnx", "judge.xml"):
        for allow, expected in (((), "f32"), (("int8",), "f32"), (("bf16",), "bf16" if able else "f32")):
            session = load(judge_folder / name, engine="openvino", allow=allow)
            found = session._compiled.get_property("INFERENCE_PRECISION_HINT")  # type: ignore[attr-defined]
            assert found.get_type_name() == expected


def test_onnxruntime_comes_first_where_both_are_installed(judge_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = judge_folder / "judge.onnx"
    assert load(path).engine.startswith("onnxruntime")
    monkeypatch.setattr("brickwork.runtime.engines.find_spec", lambda name: name != "onnxruntime" or None)
    assert load(path).engine.startswith("openvino")


@pytest.mark.parametrize(
    ("name", "missing", "words"),
    [
        ("judge.onnx", ["onnxruntime", "openvino"], "onnxruntime|onnx"),
        ("judge.xml", ["openvino"], "openvino|openvino"),
    ],
)  # fmt: skip
def test_a_missing_engine_is_the_line_that_installs_it(
    judge_folder: Path, name: str, missing: list[str], words: str
) -> None:
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({missing!r}))\n"
        "from brickwork.runtime import load\n"
        "from brickwork.errors import BrickworkError\n"
        f"try: load({str(judge_folder / name)!r})\n"
        "except BrickworkError as fault: print(fault)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    engine, extra = words.split("|")
    line = f"prediction by {name} needs {engine}, which is not installed: pip install 'brickwork[{extra}]' "
    assert done.stdout.startswith(line), done.stderr


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("unknown engine 'openvini': did you mean 'openvino'?", {"engine": "openvini"}),
        ("judge.onnx: torch does not read it; onnxruntime and openvino can.", {"engine": "torch"}),
        ("unknown precision 'bf61': did you mean 'bf16'", {"allow": ("bf61",)}),
        ("threads is a whole number, 0 for all cores, not -1", {"threads": -1}),
        ("threads is a whole number, 0 for all cores, not True", {"threads": True}),
    ],
)
def test_what_cannot_be_chosen_is_told(judge_folder: Path, words: str, options: dict[str, object]) -> None:
    with pytest.raises(BrickworkError) as fault:
        load(judge_folder / "judge.onnx", **options)  # type: ignore[arg-type]
    assert words in str(fault.value)


def test_onnxruntime_does_not_read_openvinos_files(judge_folder: Path) -> None:
    with pytest.raises(BrickworkError, match=r"judge\.xml: onnxruntime does not read it; openvino can"):
        load(judge_folder / "judge.xml", engine="onnxruntime")


def test_pixels_that_are_not_the_graphs_are_one_line(judge_path: Path) -> None:
    with pytest.raises(BrickworkError, match="cannot compute a batch of 2 images: ") as fault:
        load(judge_path).logits(np.zeros((2, 1, 5, 4), np.uint8))
    assert "\n" not in str(fault.value)
