"""LeNet-5: convolutions, subsampling and dense layers that read digits.

LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, Proc. IEEE 86(11),
1998, Fig. 2 and Table I. `lenet5_1998` is that network: 60,000 parameters, 340,908 connections. `lenet5` is the
form that lectures teach: 28x28 images padded by 2, sigmoid, mean pooling, every map read by every map, a dense
layer in place of the codes. `lenet5_bn` is the lecture's with batch norm, `lenet_caffe` the one that came with Caffe.
"""

from brickwork.network import Facts, Network, Shape, chain, stages
from brickwork.network.historic import PartialConv, RadialBasis, Subsampling, digit_codes
from brickwork.network.layers import AvgPool, BatchNorm, Conv, Flatten, Linear, MaxPool, ReLU, Sigmoid, Tanh

PAPER = "LeCun, Bottou, Bengio, Haffner 1998, Proc. IEEE 86(11), Fig. 2"

NETWORKS = {
    "lenet5_1998": Facts(PAPER, 1998, init="lecun"),
    "lenet5": Facts(PAPER, 1998, "As lectures teach it.", init="xavier"),
    "lenet5_bn": Facts(PAPER, 1998, "As lectures teach it, with batch norm and no padding.", init="xavier"),
    "lenet_caffe": Facts(PAPER, 1998, "As Caffe shipped it: wider, with max pooling and one ReLU.", init="xavier"),
}

C3 = (  # Table I: the maps of S2 that each map of C3 reads
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip

SQUASH = Tanh(1.7159, 2 / 3)  # appendix A


def lenet(name: str, *, input: Shape | None = None, classes: int = 10) -> Network:
    body, head, own_input = {
        "lenet5_1998": (
            stages(
                c1=chain(Conv(6, 5), SQUASH),
                s2=chain(Subsampling(), SQUASH),
                c3=chain(PartialConv(C3, 5), SQUASH),
                s4=chain(Subsampling(), SQUASH),
                c5=chain(Conv(120, 5), SQUASH),
                f6=chain(Flatten(), Linear(84), SQUASH),
            ),
            RadialBasis(digit_codes(classes)),
            (1, 32, 32),
        ),
        "lenet5": (
            stages(
                stage1=chain(Conv(6, 5, padding=2), Sigmoid(), AvgPool(2)),
                stage2=chain(Conv(16, 5), Sigmoid(), AvgPool(2)),
            ),
            chain(Flatten(), Linear(120), Sigmoid(), Linear(84), Sigmoid(), Linear(classes)),
            (1, 28, 28),
        ),
        "lenet5_bn": (
            stages(
                stage1=chain(Conv(6, 5), BatchNorm(), Sigmoid(), AvgPool(2)),
                stage2=chain(Conv(16, 5), BatchNorm(), Sigmoid(), AvgPool(2)),
            ),
            chain(
                Flatten(),
                Linear(120), BatchNorm(), Sigmoid(),
                Linear(84), BatchNorm(), Sigmoid(),
                Linear(classes),
            ),
            (1, 28, 28),
        ),
        "lenet_caffe": (
            stages(
                stage1=chain(Conv(20, 5), MaxPool(2)),
                stage2=chain(Conv(50, 5), MaxPool(2)),
            ),
            chain(Flatten(), Linear(500), ReLU(), Linear(classes)),
            (1, 28, 28),
        ),
    }[name]  # fmt: skip
    return Network(name, input or own_input, classes, body, head, facts=NETWORKS[name])
