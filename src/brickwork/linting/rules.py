"""The rules of `brickwork lint`: of each a stable code, how grave it is, the reason, how to mend it, and the source."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Rule:
    """One kind of finding."""

    code: str
    severity: Severity
    title: str
    reason: str
    fix: str
    source: str


RULES = {
    rule.code: rule
    for rule in (
        Rule(
            "N101", "error", "input too small",
            "A window is larger than the map that reaches it, so that nothing can be computed.",
            "Take a larger input, or leave out a layer that halves the map.",
            "Dumoulin, Visin 2016, arXiv 1603.07285, relationship 6",
        ),
        Rule(
            "N102", "error", "parts do not fit",
            "Shapes disagree where paths are joined or added, or where a layer needs another kind of input.",
            "Give the paths the same strides and paddings, and the sums the same channels.",
            "He et al. 2015, arXiv 1512.03385, section 3.2",
        ),
        Rule(
            "N103", "error", "side head too small for its input",
            "The network takes the input, but a window of its side head is larger than the map there.",
            "Take a larger input, or leave the side heads out: they serve training alone.",
            "Szegedy et al. 2014, arXiv 1409.4842, section 5",
        ),
        Rule(
            "N201", "warning", "bias before batch norm",
            "The norm subtracts each channel's mean, and with it the bias: it learns nothing, and its gradient is 0.",
            "bias=False.",
            "Ioffe, Szegedy 2015, arXiv 1502.03167, section 3.2",
        ),
        Rule(
            "N202", "error", "batch norm with one value",
            "In training a channel's only value is its own mean, so that the output is the same whatever comes.",
            "Take a larger batch or input, or leave this norm out.",
            "Ioffe, Szegedy 2015, arXiv 1502.03167, Algorithm 1",
        ),
        Rule(
            "N203", "warning", "dropout before batch norm",
            "Dropout changes the variance in training and not in use, and the norm's running average is of training's.",
            "Put dropout behind the last norm, or leave it out.",
            "Li et al. 2018, arXiv 1801.05134, section 4",
        ),
        Rule(
            "N301", "warning", "most weights in one dense layer",
            "A dense layer on a laid-out map has a weight for each number of it and each output: most of all weights.",
            "GlobalAvgPool() before Flatten().",
            "Lin, Chen, Yan 2013, arXiv 1312.4400, section 3.2",
        ),
        Rule(
            "N401", "warning", "most pixels are never read",
            "The stride is larger than every window there, so that most of the map is computed for nothing.",
            "Let a kernel as large as the stride, or a pool, take the stride.",
            "He et al. 2018, arXiv 1812.01187, section 4.1",
        ),
        Rule(
            "N402", "note", "pixels at the border are never read",
            "The windows' steps do not come out even, and the last lines of the map lie beyond the last window.",
            "Pad by one more, take an input that comes out even, or ceil=True for a pool.",
            "Dumoulin, Visin 2016, arXiv 1603.07285, relationship 6",
        ),
        Rule(
            "N403", "note", "receptive field smaller than the input",
            "No number of the last map sees the whole image: only the head combines what they see.",
            "Add layers or strides, or take a smaller input.",
            "Araujo, Norris, Sim 2019, Distill, doi 10.23915/distill.00021",
        ),
        Rule(
            "N501", "note", "channels that are no multiple of 8",
            "Tensor cores run efficiently on multiples of 8 channels in half precision, and of 4 in TF32.",
            "Round the channels up to a multiple of 8.",
            "NVIDIA, Convolutional Layers User's Guide, quick-start checklist; section Channels In And Out",
        ),
        Rule(
            "N502", "warning", "adaptive pooling with windows of several sizes",
            "ONNX's pools have windows of one size: torch's TorchScript exporter refuses, the newer gathers pixels.",
            "Take an input whose map is a multiple, GlobalAvgPool(), or AvgPool with a kernel.",
            "torch.onnx, symbolic_opset9: adaptive_avg_pool2d, output size that are not factor of input size",
        ),
    )
}  # fmt: skip
