"""LeNet-5: two convolutions, two poolings, three dense layers.

LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, Proc. IEEE 86(11),
1998, Fig. 2. `lenet5` is the form that lectures teach: 28x28 images padded by 2, sigmoid, mean pooling, every
map connected to every map, and a dense layer in place of the RBF units.
"""

from brickwork.network.algebra import chain
from brickwork.network.layer import Shape
from brickwork.network.layers import AvgPool, Conv, Flatten, Linear, Sigmoid
from brickwork.network.value import Facts, Network, stages

NETWORKS = {
    "lenet5": Facts("LeCun et al. 1998, Fig. 2, as lectures teach it", 1998, init="xavier"),
}


def lenet(name: str, *, input: Shape = (1, 28, 28), classes: int = 10) -> Network:
    return Network(
        name, input, classes,
        stages(
            stage1=chain(Conv(6, 5, padding=2), Sigmoid(), AvgPool(2)),
            stage2=chain(Conv(16, 5), Sigmoid(), AvgPool(2)),
        ),
        head=chain(Flatten(), Linear(120), Sigmoid(), Linear(84), Sigmoid(), Linear(classes)),
        facts=NETWORKS[name],
    )  # fmt: skip
