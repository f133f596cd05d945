from pathlib import Path

from brickwork import build, save, zoo
from shell import Ask

QUICK = ("--batch", "2", "--engine", "torch", "--seconds", "0")


def test_bench_prints_a_table_beside_the_machine_and_its_rates(ask: Ask) -> None:
    answer = ask("bench", "lenet5", *QUICK)
    assert answer.code == 0
    assert "GFLOP/s in fp32" in answer.out
    assert "torch lowered" in answer.out
    assert "Slowest layers in eager torch: " in answer.out
    assert "bf16  " not in answer.out


def test_bench_as_json_has_what_was_asked_for(ask: Ask, tmp_path: Path) -> None:
    save(tmp_path / "model.safetensors", build(zoo.network("lenet5", classes=4)))
    document = ask("bench", str(tmp_path), "lenet5", *QUICK, "--allow", "bf16", "--json").document
    assert list(document) == ["machine", "versions", "networks"]
    assert [network["name"] for network in document["networks"]] == ["lenet5", "lenet5"]
    timings = document["networks"][0]["batches"][0]["timings"]
    assert [timing["precision"] for timing in timings].count("bf16") == 1


def test_bench_tells_mistakes_in_one_line(ask: Ask, tmp_path: Path) -> None:
    assert "unknown network 'lenet6'" in ask("bench", "lenet6").err
    assert "'tpu' is none: engines are torch" in ask("bench", "lenet5", "--engine", "tpu").err
    save(tmp_path / "model.safetensors", build(zoo.network("lenet5")))
    assert "is measured on its own input" in ask("bench", str(tmp_path), "--input", "1x32x32").err


def test_an_exported_model_is_answered_with_what_to_name(ask: Ask, tmp_path: Path) -> None:
    answer = ask("bench", str(tmp_path / "model.onnx"), *QUICK)
    said = f"brickwork: {tmp_path / 'model.onnx'}: bench exports what it measures: name the model file that this was "
    assert (answer.code, answer.out, answer.err) == (2, "", f"{said}made of.\n")
