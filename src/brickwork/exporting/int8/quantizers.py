"""Quantisers: a graph in float32 to one in int8, by NNCF for OpenVINO and as QDQ by ONNX Runtime.

Convolutions and dense layers compute in 8 bits, and what lies between them; layers that are named stay in float.
"""

import contextlib
import io
import logging
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from brickwork.data.dataset import Images
from brickwork.errors import BrickworkError
from brickwork.exporting.formats.onnx import write_model
from brickwork.exporting.formats.openvino import write_ir
from brickwork.exporting.int8.layers import SUFFIX, layer_path
from brickwork.machine import saturates_int8
from brickwork.runtime.document import ExportDocument
from brickwork.runtime.session import INPUT
from brickwork.runtime.telemetry import import_nncf, import_onnxruntime, import_openvino

Ranges = Literal["mean", "extremes"]  # of a tensor: its extremes in all images, or their mean over the images
RANGES: dict[str, tuple[Ranges, ...]] = {".xml": ("mean", "extremes"), ".onnx": ("extremes",)}  # to choose from
OPENVINO_LAYERS = ("Convolution", "GroupConvolution", "MatMul")
DENSE = ("Gemm", "MatMul")  # of ONNX; their outputs stay in float, as logits are
REMOVED = ("Relu", "Clip")  # which rounding to levels from 0 on does, too
ONNX_TYPES = ("Conv", *DENSE, "Add", "AveragePool", "MaxPool", "Concat", "Relu", "Clip", "Pad", "Slice", "Reshape")


@dataclass(frozen=True, eq=False)
class Plan:
    """How a graph is quantised."""

    document: ExportDocument  # of the file that is written
    calibration: Images
    ranges: Ranges
    in_float: Collection[str] = ()  # paths of layers


def quantize(source: Path, target: Path, plan: Plan) -> None:
    """Write an exported file in int8. Raises BrickworkError where the quantiser cannot."""
    work = quantize_openvino if source.suffix == ".xml" else quantize_onnx
    try:
        with mute():
            work(source, target, plan)
    except BrickworkError:
        raise
    except Exception as fault:  # quantisers raise all sorts
        why = f"{type(fault).__name__}: {' '.join(str(fault).split())[:300]}"
        raise BrickworkError(f"{target.name} cannot be made in int8: {why}") from None


@contextlib.contextmanager
def mute() -> Iterator[None]:
    """Without the bars, advice and warnings of quantisers."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def quantize_openvino(source: Path, target: Path, plan: Plan) -> None:
    """By NNCF's post-training quantisation, with bias correction; a range for each channel of weights and tensor."""
    openvino, nncf = import_openvino(), import_nncf()
    from nncf.quantization.range_estimator import RangeEstimatorParametersSet

    graph = openvino.Core().read_model(source)
    names = [name for name, path in openvino_layers(graph).items() if path in plan.in_float]
    fix = nncf.OverflowFix.ENABLE if saturates_int8() else nncf.OverflowFix.DISABLE
    sets = {"mean": RangeEstimatorParametersSet.MEAN_MINMAX, "extremes": RangeEstimatorParametersSet.MINMAX}
    made = nncf.quantize(
        graph,
        nncf.Dataset([image[None] for image in plan.calibration]),
        subset_size=len(plan.calibration),
        target_device=nncf.TargetDevice.CPU,
        ignored_scope=nncf.IgnoredScope(names=names) if names else None,
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            overflow_fix=fix, activations_range_estimator_params=sets[plan.ranges]
        ),
    )
    write_ir(made, plan.document, target)


def openvino_layers(graph: Any) -> dict[str, str]:
    """The names of a graph's convolutions and dense layers, each with its path in the model."""
    operations = (each for each in graph.get_ordered_ops() if each.get_type_name() in OPENVINO_LAYERS)
    return {each.get_friendly_name(): layer_path(weights) for each in operations if (weights := openvino_weights(each))}


def openvino_weights(operation: Any) -> str:
    """The name of an operation's weights, which may be reshaped on their way; "" where it has none."""
    node = operation.input_value(1).get_node()
    while node.get_type_name() != "Constant" and node.get_input_size():
        node = node.input_value(0).get_node()
    name: str = node.get_friendly_name()
    return name if name.endswith(SUFFIX) else ""


def quantize_onnx(source: Path, target: Path, plan: Plan) -> None:
    """By ONNX Runtime: pairs of QuantizeLinear and DequantizeLinear; weights have 7 bits where 8 would saturate."""
    import_onnxruntime()
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    model = onnx.load(source)
    excluded = [name for name, path in onnx_layers(model).items() if path in plan.in_float]
    quantize_static(
        model,
        target,
        Reader(plan.calibration),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=list(ONNX_TYPES),
        per_channel=True,
        reduce_range=saturates_int8(),
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=excluded,
        extra_options={"OpTypesToExcludeOutputQuantization": list(DENSE)},
    )
    made = onnx.load(target)
    feed_floats(model, made, set(excluded))
    write_model(made, plan.document, target)


def feed_floats(model: Any, made: Any, excluded: Collection[str]) -> None:
    """Give the layers that stay in float what was not rounded: ONNX Runtime rounds what the layer before them gives.

    An activation before one may have gone into that rounding, so that it is computed again.
    """
    makers = {output: node for node in model.graph.node for output in node.output}
    nodes = []
    for node in made.graph.node:
        if node.name in excluded:
            value = next(each.input[0] for each in model.graph.node if each.name == node.name)
            if value in makers and makers[value].op_type in REMOVED:
                nodes.append(copy_activation(makers[value], value, node.name))
                value = nodes[-1].output[0]
            node.input[0] = value
        nodes.append(node)
    del made.graph.node[:]
    made.graph.node.extend(nodes)


def copy_activation(maker: Any, value: str, user: str) -> Any:
    """An activation's node once more, on its own result: it stays as it is where it was there already."""
    node = type(maker)()
    node.CopyFrom(maker)
    node.name, node.input[0], node.output[0] = f"{maker.name} for {user}", value, f"{value} for {user}"
    return node


def onnx_layers(model: Any) -> dict[str, str]:
    """The names of a graph's convolutions and dense layers, each with its path in the model."""
    nodes = (node for node in model.graph.node if node.op_type in ("Conv", *DENSE))
    return {node.name: layer_path(node.input[1]) for node in nodes if node.input[1].endswith(SUFFIX)}


class Reader:
    """Calibration images one at a time, as ONNX Runtime asks for them (its CalibrationDataReader)."""

    def __init__(self, images: Images) -> None:
        self._images = iter(images)

    def get_next(self) -> dict[str, Images] | None:
        image = next(self._images, None)
        return None if image is None else {INPUT: image[None]}
