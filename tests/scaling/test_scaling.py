from typing import Literal

import pytest

import brickwork as bw
from brickwork.errors import BrickworkError
from brickwork.network import Network, stages
from brickwork.network.layers import Flatten
from brickwork.scaling.rule import is_past_rule, linear_rate, warmup_epochs
from brickwork.scaling.scaling import pays_from
from brickwork.scaling.step import step_time


def test_vgg_scales_worse_than_resnet_for_its_five_times_larger_gradients() -> None:
    vgg, resnet = bw.scale("vgg16"), bw.scale("resnet50")
    assert (vgg.gradient_bytes, resnet.gradient_bytes) == (553_430_176, 102_228_128)
    for one, other in zip(vgg.rows[1:], resnet.rows[1:], strict=True):
        assert one.step.efficiency < 0.6 * other.step.efficiency


def test_the_learning_rate_goes_by_the_linear_rule() -> None:
    """Goyal et al. 2017, section 2.1: 0.1 for 256 images, 3.2 for 8192, warmed up over five epochs."""
    assert (linear_rate(256), linear_rate(8192)) == (0.1, 3.2)
    assert (warmup_epochs(256), warmup_epochs(8192)) == (0, 5)
    assert not is_past_rule(8192)
    rows = bw.scale("resnet50", (4, 256, 257), bw.Cluster(batch=32)).rows
    assert [(row.batch, row.lr, row.warmup, row.past_rule) for row in rows] == [
        (128, 0.05, 0, False),
        (8192, 3.2, 5, False),
        (8224, pytest.approx(3.2125), 5, True),
    ]


def test_a_training_takes_all_its_images_at_the_speed_of_its_steps() -> None:
    (row,) = bw.scale("resnet50", [64], images=1000, epochs=3).rows
    assert row.images_per_second == pytest.approx(64 * 64 / row.step.total)
    assert row.seconds == pytest.approx(3000 / row.images_per_second)


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "alexnet"])
def test_it_pays_from_the_first_batch_with_an_efficiency_of_four_fifths(name: str) -> None:
    scaling = bw.scale(name, [64], bw.Cluster(link="25Gb"))

    def share(batch: int) -> float:
        return step_time(scaling.work, scaling.cluster, 64, batch).efficiency

    batch = scaling.rows[0].pays_from
    assert batch
    assert share(batch - 1) < 0.8 <= share(batch)


def test_where_devices_are_too_unlike_no_batch_pays() -> None:
    scaling = bw.scale("resnet50", [512], bw.Cluster(jitter=0.5))
    assert scaling.rows[0].pays_from is pays_from(scaling.work, scaling.cluster, 512) is None


@pytest.mark.parametrize(("precision", "short"), [("mixed", "bf16"), ("float32", "fp32")])
def test_memory_is_that_of_a_training_step_with_gradients_on_their_way(
    precision: Literal["mixed", "float32"], short: Literal["bf16", "fp32"]
) -> None:
    network = bw.zoo.network("googlenet")
    scaling = bw.scale(network, [8], bw.Cluster(batch=32, precision=precision))
    step = bw.training_memory(network, 32, precision=short)
    assert scaling.memory == step.total + 4 * bw.cost(network).params_with_side_heads
    assert step.kept > 0.5 * scaling.memory


def test_batch_norm_sees_a_devices_images_whatever_the_batch() -> None:
    scaling = bw.scale("resnet50", (8, 512), bw.Cluster(batch=16))
    assert scaling.norm_images == 16
    assert bw.scale("vgg16").norm_images is None


def test_names_and_values_are_taken_alike() -> None:
    network = bw.zoo.network("resnet20[width=0.5]", classes=3)
    assert bw.scale(network).work == bw.scale(bw.zoo.network("resnet20[width=0.5]", classes=3)).work
    assert bw.scale("resnet18").network == bw.zoo.network("resnet18")


def test_a_scaling_is_short_to_look_at() -> None:
    assert repr(bw.scale("vgg16")) == "Scaling(vgg16, 553 MB a step, efficiency 8: 93%, 64: 31%, 512: 31%)"


@pytest.mark.parametrize(
    ("devices", "options"), [((), {}), ((0,), {}), ((8, -1), {}), ((8,), {"images": 0}), ((8,), {"epochs": 0})]
)
def test_numbers_below_one_are_told(devices: tuple[int, ...], options: dict[str, int]) -> None:
    with pytest.raises(BrickworkError, match="devices, images and epochs are 1 at least"):
        bw.scale("resnet50", devices, **options)


def test_a_network_that_multiplies_nothing_is_told() -> None:
    bare = Network("bare", (3, 8, 8), 192, stages(), Flatten())
    with pytest.raises(BrickworkError, match="bare has no layer that multiplies by weights"):
        bw.scale(bare)
