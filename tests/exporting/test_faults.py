"""Planted faults: each is refused with what it is, and no file stays."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from brickwork.errors import BrickworkError
from brickwork.exporting import engines, export, exporter, graph, resize
from brickwork.exporting.formats import FORMATS

Plant = Callable[[pytest.MonkeyPatch], None]


def swap_channels(patch: pytest.MonkeyPatch) -> None:
    whole = graph.BatchGraph.forward
    patch.setattr(graph.BatchGraph, "forward", lambda self, images: whole(self, images.flip(1)))


def wrong_mean(patch: pytest.MonkeyPatch) -> None:
    moments = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
    find = graph.preprocessing_of
    patch.setattr(graph, "preprocessing_of", lambda file: replace(find(file), **moments))


def training_mode(patch: pytest.MonkeyPatch) -> None:
    make = graph.batch_graph
    patch.setattr(exporter, "batch_graph", lambda file: make(file).train())


def other_order(patch: pytest.MonkeyPatch) -> None:
    whole = graph.BatchGraph.forward
    patch.setattr(graph.BatchGraph, "forward", lambda self, images: tuple(each.flip(1) for each in whole(self, images)))


def other_names(patch: pytest.MonkeyPatch) -> None:
    make = exporter.describe
    patch.setattr(
        exporter,
        "describe",
        lambda *values, **named: replace(make(*values, **named), classes=("warm", "cold", "neither")),
    )


def crop_in_the_document(patch: pytest.MonkeyPatch) -> None:
    make = exporter.describe

    def changed(*values: object, **named: object) -> object:
        document = make(*values, **named)  # type: ignore[arg-type]
        return replace(document, preprocessing=replace(document.preprocessing, fit="crop"))

    patch.setattr(exporter, "describe", changed)


def no_temperature(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(graph, "temperature_of", lambda file: 1.0)


def truncate(patch: pytest.MonkeyPatch) -> None:
    kind = FORMATS["pt2"]

    def write(program: object, document: object, path: Path) -> None:
        kind.write(program, document, path)  # type: ignore[arg-type]
        path.write_bytes(path.read_bytes()[:-2000])

    patch.setitem(FORMATS, "pt2", replace(kind, write=write))


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (swap_channels, "its channels are swapped: blue is where red should be: for the same pixels"),
        (wrong_mean, "it normalises with a wrong mean and deviation: those of ImageNet: for the same pixels"),
        (
            training_mode,
            "an image's probabilities depend on the others of its batch .*: a batch norm is in training mode",
        ),
        (other_order, "its classes are in another order: for the same pixels"),
        (other_names, "its classes are in another order: class 0 is 'warm', the model's is 'cold'"),
        (crop_in_the_document, "its preprocessing has fit 'crop', the model's has 'squash'"),
        (no_temperature, "its logits are the model's, but its temperature or its softmax is not"),
        (truncate, "what was written cannot be read back"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_planted_fault_is_refused_with_what_it_is_and_no_file_stays(
    model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch, plant: Plant, words: str
) -> None:
    plant(monkeypatch)
    before = sorted(model.parent.iterdir())
    with pytest.raises(BrickworkError, match=rf"^not exported: .*{words}.*No file was written\.$"):
        export(model, "pt2", data=photos)
    assert sorted(model.parent.iterdir()) == before


def crop_in_the_graph(patch: pytest.MonkeyPatch) -> None:
    make = resize.Resize.__init__
    patch.setattr(resize.Resize, "__init__", lambda self, steps: make(self, replace(steps, fit="crop")))


def test_cropping_in_the_graph_of_a_model_that_squashes_is_refused(
    model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crop_in_the_graph(monkeypatch)
    before = sorted(model.parent.iterdir())
    with pytest.raises(BrickworkError, match=r"it resizes by crop, the model by squash; they are up to .* levels"):
        export(model, "pt2", data=photos, with_preprocessing=True)
    assert sorted(model.parent.iterdir()) == before


def engine_resize(self: resize.Resize, image: Tensor) -> Tensor:
    """Torch's antialias, which ONNX writes as Resize with antialias."""
    planes = image.permute(2, 0, 1).float().unsqueeze(0)
    size = (self.height, self.width)
    found = functional.interpolate(planes, size, mode="bilinear", antialias=True, align_corners=False)
    return resize.to_bytes(found).squeeze(0).to(torch.uint8)


def test_an_engines_own_resize_with_antialias_is_refused(
    model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxscript")
    monkeypatch.setattr(resize.Resize, "forward", engine_resize)
    before = sorted(model.parent.iterdir())
    with pytest.raises(
        BrickworkError, match="its filter is not Pillow's: an engine's own Resize with antialias"
    ) as found:
        export(model, "onnx", data=photos, with_preprocessing=True)
    assert int(re.findall(r"up to (\d+) levels of 255 off", str(found.value))[0]) > 1
    assert sorted(model.parent.iterdir()) == before


def test_openvino_at_its_default_precision_is_refused(
    model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino")
    if not engines.has_bf16():
        pytest.skip("this processor has no bfloat16, so that float32 is the default")
    monkeypatch.setattr(engines, "config", lambda core, options: {})
    before = sorted(model.parent.iterdir())
    with pytest.raises(
        BrickworkError, match=r"openvino .* computes in bf16, where fp32 was asked for: its precision is a"
    ):
        export(model, "openvino", data=photos)
    assert sorted(model.parent.iterdir()) == before
