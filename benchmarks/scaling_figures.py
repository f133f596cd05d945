"""Published figures of training on many devices, each with its source: what `benchmarks/scale.py` predicts.

A figure is one of data-parallel training in step, whose source states the network, the batch of a device, the number of
devices and what they are compared with. Its link is the network of a machine, in Gb/s, or NVLink where one machine has
all. What stands in `recalled` is from memory, as the source at hand does not state it.
"""

from dataclasses import dataclass

from brickwork.scaling import Cluster
from brickwork.scaling.cluster import Precision

SOURCES = {
    "tf": "TensorFlow's Benchmarks (tensorflow/docs_src/performance/benchmarks.md), tests of May 2017",
    "hvd": "Horovod, README.md of September 2017 (commit d54e3a88), batches of 64",
    "hvd128": "Horovod, README.md of October 2017 (commit 6bb6a2db)",
    "hvd512": "Horovod, README.md of May 2018 (commit 8318a898), and docs/benchmarks.rst since",
    "goyal": "Goyal et al. 2017, arXiv 1706.02677, abstract",
    "chainermn": "Akiba, Fukuda, Suzuki 2017, arXiv 1710.11351, abstract",
    "mxnet": "InfoWorld, Why Amazon picked MXNet for deep learning, 2016; batch: awslabs/deeplearning-benchmark",
    "dlperf": "Oneflow-Inc/DLPerf, NVIDIADeepLearningExamples, Oct 2020 (commit c89430ba)",
    "mlperf06": "MLPerf Training v0.6, NVIDIA, logs of ResNet-50 (result_0.txt): median epoch",
    "mlperf07": "MLPerf Training v0.7, NVIDIA, logs of ResNet-50 (result_0.txt): median epoch",
    "finetuner": "knjcode/mxnet-finetuner, docs/benchmark.md (MXNet, Maxwell TITAN X)",
    "akiba": "Akiba, Suzuki, Fukuda 2017, arXiv 1711.04325, abstract; link: Preferred Networks' blog on MN-1, Nov 2017",
    "fujitsu": "MLPerf Training v0.6, Fujitsu, log of ResNet-50 (result_0.txt): run_start to run_stop",
}


@dataclass(frozen=True)
class Figure:
    """A published efficiency: images/s of each of many devices over those of each of `base` devices."""

    source: str
    network: str
    device: str
    devices: int
    machine: int
    link: float  # Gb/s of a machine
    batch: int
    rate: float | None  # images/s of one of the base devices; None where the source has none, and the model's is taken
    published: float
    base: int = 1
    base_batch: int = 0  # where it is another one
    precision: Precision = "float32"
    gradients: int = 4
    note: str = ""
    recalled: str = ""

    def cluster(self, batch: int) -> Cluster:
        return Cluster(self.device, self.machine, f"{self.link}Gb", batch, self.precision, gradients=self.gradients)


FIGURES = (
    Figure("tf", "inception_v3", "K80", 64, 8, 10, 64, 29.7, 1783 / 64 / 29.7, note="parameter servers"),
    Figure("tf", "resnet50", "K80", 64, 8, 10, 64, 52.4, 2744 / 64 / 52.4, note="parameter servers"),
    Figure("tf", "resnet152", "K80", 64, 8, 10, 32, 19.4, 981 / 64 / 19.4, note="parameter servers, 4 for 8 machines"),
    Figure("tf", "inception_v3", "P100", 8, 8, 640, 64, 142, 1131 / 8 / 142, note="NVLink, one machine"),
    Figure("tf", "resnet50", "P100", 8, 8, 640, 64, 219, 1734 / 8 / 219, note="NVLink, one machine"),
    Figure("tf", "resnet152", "P100", 8, 8, 640, 64, 91.8, 716 / 8 / 91.8, note="NVLink, one machine"),
    Figure("tf", "alexnet_owt", "P100", 8, 8, 640, 512, 2987, 17822 / 8 / 2987, note="NVLink, one machine"),
    Figure("tf", "vgg16", "P100", 8, 8, 640, 64, 154, 1081 / 8 / 154, note="NVLink, one machine"),
    Figure("hvd", "inception_v3", "P100", 16, 4, 25, 64, 134.4, 2022.6 / 16 / 134.4, note="RDMA"),
    Figure("hvd", "resnet101", "P100", 16, 4, 25, 64, 119.4, 1746.2 / 16 / 119.4, note="RDMA"),
    Figure("hvd", "vgg16", "P100", 16, 4, 25, 64, 130.9, 1787.4 / 16 / 130.9, note="RDMA"),
    Figure("hvd", "inception_v3", "P100", 16, 4, 25, 64, 134.4, 1990.7 / 16 / 134.4, note="TCP"),
    Figure("hvd", "resnet101", "P100", 16, 4, 25, 64, 119.4, 1685.1 / 16 / 119.4, note="TCP"),
    Figure("hvd", "vgg16", "P100", 16, 4, 25, 64, 130.9, 1308.7 / 16 / 130.9, note="TCP"),
    Figure("hvd", "inception_v3", "P100", 64, 4, 40, 64, 148.8, 7932.1 / 64 / 148.8, note="TCP"),
    Figure("hvd", "resnet101", "P100", 64, 4, 40, 64, 136.0, 7741.6 / 64 / 136.0, note="TCP"),
    Figure("hvd", "vgg16", "P100", 64, 4, 40, 64, 149.6, 6084.2 / 64 / 149.6, note="TCP"),
    Figure("hvd128", "inception_v3", "P100", 128, 4, 25, 64, 134.4, 0.90, note="RDMA; batch, rate of 16"),
    Figure("hvd128", "resnet101", "P100", 128, 4, 25, 64, 119.4, 0.90, note="RDMA; batch, rate of 16"),
    Figure("hvd128", "vgg16", "P100", 128, 4, 25, 64, 130.9, 0.79, note="RDMA; batch, rate of 16"),
    Figure("hvd512", "inception_v3", "P100", 512, 4, 25, 64, 134.4, 0.90, note="RDMA; batch, rate of 16"),
    Figure("hvd512", "resnet101", "P100", 512, 4, 25, 64, 119.4, 0.90, note="RDMA; batch, rate of 16"),
    Figure("hvd512", "vgg16", "P100", 512, 4, 25, 64, 130.9, 0.68, note="RDMA; batch, rate of 16"),
    Figure("goyal", "resnet50", "P100", 256, 8, 50, 32, None, 0.90, base=8, recalled="link"),
    Figure("chainermn", "resnet50", "TitanX", 128, 4, 56, 32, None, 0.90, recalled="device, link, batch"),
    Figure("mxnet", "inception_v3", "K80", 128, 16, 20, 32, None, 109 / 128, note="parameter servers", recalled="link"),
    Figure("dlperf", "resnet50", "V100", 32, 8, 100, 128, 367.29, 10917.09 / 32 / 367.29, note="PyTorch, real images"),
    Figure("dlperf", "resnet50", "V100", 32, 8, 100, 128, 392.24, 11331.93 / 32 / 392.24, note="MXNet, real images"),
    Figure("dlperf", "resnet50", "V100", 32, 8, 100, 128, 362.44, 9514.64 / 32 / 362.44, note="TF, real images"),
    Figure("dlperf", "resnet50", "V100", 32, 8, 100, 256, 802.9, 22551.16 / 32 / 802.9,
           precision="mixed", note="PyTorch, real images"),
    Figure("dlperf", "resnet50", "V100", 32, 8, 100, 256, 1393.87, 30713.68 / 32 / 1393.87,
           precision="mixed", note="MXNet, real images"),
    Figure("dlperf", "resnet50", "V100", 32, 8, 100, 224, 945.18, 24734.22 / 32 / 945.18,
           precision="mixed", note="TF, real images"),
    Figure("mlperf06", "resnet50", "V100", 1040, 8, 400, 52, 11220 / 8, 1143389 / 1040 / (11220 / 8),
           8, 208, "mixed", 2, "MXNet", "gradients"),
    Figure("mlperf06", "resnet50", "V100", 512, 16, 800, 65, 24637 / 16, 636605 / 512 / (24637 / 16),
           16, 208, "mixed", 2, "MXNet", "gradients"),
    Figure("mlperf06", "resnet50", "V100", 1536, 16, 800, 39, 24637 / 16, 1634142 / 1536 / (24637 / 16),
           16, 208, "mixed", 2, "MXNet", "gradients"),
    Figure("mlperf07", "resnet50", "A100", 16, 8, 1600, 204, 22522 / 8, 37447 / 16 / (22522 / 8),
           8, 408, "mixed", 2, "MXNet", "gradients"),
    Figure("mlperf07", "resnet50", "A100", 768, 8, 1600, 45, 22522 / 8, 1265975 / 768 / (22522 / 8),
           8, 408, "mixed", 2, "MXNet", "gradients"),
)  # fmt: skip


@dataclass(frozen=True)
class Speed:
    """Published images/s of one device."""

    source: str
    network: str
    device: str
    batch: int
    published: float
    precision: Precision = "float32"


SPEEDS = (
    *(Speed("tf", name, "P100", batch, rate) for name, batch, rate in (
        ("inception_v3", 64, 142), ("resnet50", 64, 219), ("resnet152", 64, 91.8), ("alexnet_owt", 512, 2987),
        ("vgg16", 64, 154),
    )),
    *(Speed("tf", name, "K80", batch, rate) for name, batch, rate in (
        ("inception_v3", 64, 30.5), ("resnet50", 64, 51.9), ("resnet152", 32, 20.0), ("alexnet_owt", 512, 656),
        ("vgg16", 32, 35.4),
    )),
    *(Speed("finetuner", name, "TitanX", 40, rate) for name, rate in (
        ("resnet18", 339.09), ("resnet50", 111.04), ("resnet152", 48.62), ("inception_v3", 82.34), ("vgg16", 59.35),
    )),
    Speed("dlperf", "resnet50", "V100", 128, 367.29),
    Speed("dlperf", "resnet50", "V100", 256, 802.9, "mixed"),
    Speed("mlperf06", "resnet50", "V100", 208, 11220 / 8, "mixed"),
    Speed("mlperf07", "resnet50", "A100", 408, 22522 / 8, "mixed"),
)  # fmt: skip


@dataclass(frozen=True)
class Training:
    """A published time of a whole training of ResNet-50 on ImageNet, in seconds."""

    source: str
    cluster: Cluster
    devices: int
    epochs: int
    published: float
    recalled: str = ""


def half(device: str, machine: int, link: int, batch: int) -> Cluster:
    return Cluster(device, machine, f"{link}Gb", batch, "mixed", gradients=2)


TRAININGS = (
    Training("goyal", Cluster("P100", 8, "50Gb", 32, "float32"), 256, 90, 3600, "link"),
    Training("akiba", Cluster("P100", 8, "112Gb", 32, "float32", gradients=2), 1024, 90, 900, "gradients"),
    Training("mlperf06", half("V100", 8, 400, 208), 8, 60, 6920, "gradients"),
    Training("mlperf06", half("V100", 16, 800, 208), 16, 60, 3164, "gradients"),
    Training("mlperf06", half("V100", 8, 400, 52), 1040, 86, 102, "gradients"),
    Training("mlperf06", half("V100", 16, 800, 39), 1536, 90, 80, "gradients"),
    Training("fujitsu", half("V100", 4, 200, 42), 2048, 90, 70, "link, gradients"),
)
