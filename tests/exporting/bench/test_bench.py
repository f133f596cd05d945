"""What is timed is what gives the right logits; nothing computes below float32 unasked."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.exporting.bench import BenchPlan, Machine, bench, bench_document, bench_text, measure_machine
from brickwork.exporting.bench.bench import bench_batch, compare, engine_versions
from brickwork.exporting.bench.contestants import Contestant, contestants, reference
from brickwork.exporting.bench.layers import slowest_layers
from brickwork.exporting.bench.random import pictures, random_file
from brickwork.exporting.engines import FP32, has_bf16
from brickwork.model import ModelFile
from brickwork.runtime.choice import BF16

MACHINE = Machine("a processor", 2, {"fp32": 100e9, "bf16": 200e9}, 10e9)


def file_of(name: str) -> ModelFile:
    """A narrow network on small images with norms as after a training."""
    file = random_file(zoo.network(name, classes=5))
    for layer in file.model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -0.3, 0.3)  # type: ignore[arg-type]
            nn.init.uniform_(layer.running_var, 0.5, 2)  # type: ignore[arg-type]
    return file


@pytest.mark.parametrize("name", ["lenet5", "lenet5_1998", "resnet20", "googlenet_lecture[width=0.25]"])
def test_the_logits_of_a_random_network_tell_one_picture_from_another(name: str) -> None:
    file = random_file(zoo.network(name))
    logits = reference(file).run(pictures(file.model.network, 4))
    assert np.abs(logits - logits[:1]).max() > 0.3 * np.abs(logits).max()


@pytest.mark.parametrize(
    "name", ["lenet5", "resnet20[width=0.5]", "preact_resnet18[width=0.125]", "googlenet_tv[width=0.125]"]
)
def test_every_engine_gives_the_logits_of_eager_torch(name: str) -> None:
    file = file_of(name)
    ways = contestants(file, ("torch", "onnxruntime", "openvino"), (FP32,))
    assert {way.precision for way in ways} == {FP32}
    assert {way.engine for way in ways} == {"torch", "onnxruntime", "openvino"}
    assert max(compare(ways, pictures(file.model.network, 3))) < 1e-4


def test_bf16_is_there_where_it_is_allowed_and_is_another_computation() -> None:
    file = file_of("resnet20[width=0.5]")
    ways = [way for way in contestants(file, ("torch", "openvino"), (FP32, BF16)) if way.precision == BF16]
    assert [way.engine for way in ways] == ["torch", *(["openvino"] if has_bf16() else [])]
    differences = compare([reference(file), *ways], pictures(file.model.network, 3))[1:]
    assert all(1e-4 < found < 0.2 for found in differences)


def test_merged_convolutions_take_part_where_there_are_siblings() -> None:
    def variants(name: str) -> list[str]:
        return [way.variant for way in contestants(file_of(name), ("torch",), (FP32,))]

    assert "lowered, merged, channels_last" in variants("googlenet_tv[width=0.125]")
    assert variants("lenet5") == ["eager", "channels_last", "lowered", "lowered, channels_last"]


def test_the_reference_stays_as_it_was_beside_the_others() -> None:
    file = file_of("resnet20[width=0.5]")
    before = {name: tensor.clone() for name, tensor in file.model.state_dict().items()}
    contestants(file, ("torch",), (FP32, BF16))
    for name, tensor in file.model.state_dict().items():
        assert tensor.dtype == before[name].dtype
        assert tensor.stride() == before[name].stride()
        assert torch.equal(tensor, before[name])


def test_an_engine_whose_logits_differ_is_not_timed() -> None:
    file = file_of("lenet5")
    right = reference(file)
    called = 0

    def upside_down(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        nonlocal called
        called += 1
        return right.run(pixels[:, :, ::-1].copy())

    ways = [right, Contestant("torch", "upside down", FP32, upside_down), replace(right, variant="again")]
    found = bench_batch(file.model, ways, 2, 0)
    assert called == 1
    assert [timing.seconds is None for timing in found.timings] == [False, True, False]
    assert found.timings[1].difference > 1e-4
    assert found.winner.variant != "upside down"


def test_a_network_that_an_engine_cannot_run_is_measured_on_the_others() -> None:
    file = file_of("alexnet[width=0.125]")
    found = bench_batch(file.model, contestants(file, ("torch",), (FP32, BF16)), 1, 0)
    (cannot,) = [timing for timing in found.timings if timing.seconds is None]
    assert (cannot.precision, cannot.difference) == (BF16, float("inf"))


def test_a_shifted_mean_is_beyond_the_bound_in_float32() -> None:
    file = file_of("lenet5")
    shifted = replace(file, preprocessing={**file.preprocessing, "mean": [0.001]})
    assert compare([reference(file), reference(shifted)], pictures(file.model.network, 2))[1] > 1e-4


def test_the_slowest_layer_comes_first_with_its_share() -> None:
    class Slow(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            time.sleep(0.05)
            return x

    model = file_of("lenet5").model
    model.set_submodule("stage1.avgpool", nn.Sequential(model.get_submodule("stage1.avgpool"), Slow()))
    (path, share), *others = slowest_layers(model, torch.rand(1, *model.network.input), 3)
    assert path == "stage1.avgpool.1"
    assert share > 0.5
    assert len(others) == 2
    assert not any(layer._forward_hooks for layer in model.modules())


def test_a_bench_is_told_as_text_and_as_json() -> None:
    file = file_of("lenet5")
    found = bench(file, BenchPlan(batches=(1, 2), engines=("torch",), seconds=0))
    document = json.loads(json.dumps(bench_document(MACHINE, {"torch": "2"}, [found])))
    (network,) = document["networks"]
    assert [batch["batch"] for batch in network["batches"]] == [1, 2]
    assert [len(batch["timings"]) for batch in network["batches"]] == [4, 4]
    first = network["batches"][1]["timings"][0]
    seconds = first["seconds"]["median"]
    assert first["peak_share"] == pytest.approx(2 * network["macs"] * 2 / seconds / 100e9)
    assert first["copy_share"] == pytest.approx(4 * 61_281 / 10e9 / seconds)  # 61,706 less 5 classes of 85
    text = bench_text(MACHINE, {"torch": "2"}, [found], 120)
    assert "a processor, 2 threads: matrix products 100 GFLOP/s in fp32, 200 GFLOP/s in bf16; copies 10.0 GB/s." in text
    assert text.count("torch lowered") == 4
    assert text.count(" <") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"engines": ("tensorrt",)}, "'tensorrt' is none: engines are torch, compile, onnxruntime, openvino"),
        ({"allow": ("int4",)}, "'int4' is none: .* what can be allowed is bf16"),
    ],
)
def test_an_unknown_engine_or_precision_is_refused(words: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(BrickworkError, match=said):
        BenchPlan(**words)  # type: ignore[arg-type]


def test_a_missing_engine_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brickwork.errors.find_spec", lambda name: None if name == "openvino" else object())
    with pytest.raises(BrickworkError, match=r"needs openvino, which is not installed: pip install 'brickwork\[openv"):
        BenchPlan(engines=("openvino",)).chosen()


def test_the_machine_has_rates_and_the_better_of_two_measurements_counts() -> None:
    measured = measure_machine(("fp32",))
    assert measured.gemm["fp32"] > 1e9
    assert measured.copy > 1e8
    slower = replace(MACHINE, gemm={"fp32": 50e9, "bf16": 300e9}, copy=20e9)
    assert MACHINE.best(slower) == replace(MACHINE, gemm={"fp32": 100e9, "bf16": 300e9}, copy=20e9)


def test_versions_are_those_of_the_packages() -> None:
    assert engine_versions(("torch", "compile")) == {"torch": torch.__version__.partition("+")[0]}
