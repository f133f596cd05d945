"""The ranking of layers: against 8 bits written out in numpy, and the layer that is known to cost most is the first."""

import numpy as np
import torch

from brickwork.exporting.int8.layers import layer_path, layers_with_weights, rank_layers, round_values, round_weights
from shades import LOUD, judge


def test_the_layer_that_loses_the_quiet_channel_is_the_first() -> None:
    images = torch.linspace(0.05, 0.95, 16).view(-1, 1, 1, 1).repeat(1, 1, 8, 8)
    model = judge(LOUD).model
    before = {name: values.clone() for name, values in model.named_parameters()}
    assert rank_layers(model, images)[0] == "two.conv"
    assert {*rank_layers(model, images)} == {"one.conv", "two.conv", "head.linear"} == {*layers_with_weights(model)}
    assert all(torch.equal(before[name], values) for name, values in model.named_parameters())
    assert not model.two.conv._forward_pre_hooks  # type: ignore[union-attr]


def test_values_go_to_the_nearest_of_256_levels_and_zero_stays() -> None:
    values = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    levels = np.linspace(values.min(), values.max(), 256)
    nearest = levels[np.abs(values[..., None] - levels).argmin(-1)]
    assert np.abs(round_values(torch.from_numpy(values)).numpy() - nearest).max() < 1e-5
    assert not round_values(torch.zeros(4)).any()
    above = torch.tensor([3.0, 4.0])  # the range begins at zero
    assert torch.allclose(round_values(above), (above / (4 / 255)).round() * 4 / 255)


def test_each_output_channel_of_the_weights_has_a_step_of_its_own() -> None:
    weights = torch.tensor([[100.0, 0.4], [0.001, 0.0004]]).view(2, 2, 1, 1)
    steps = np.array([[100 / 127], [0.001 / 127]])
    wanted = np.round(weights.numpy().reshape(2, 2) / steps) * steps
    assert np.allclose(round_weights(weights).numpy().reshape(2, 2), wanted)


def test_a_layers_path_is_read_from_its_weights_name() -> None:
    assert layer_path("model.stage2.0.body.conv1.weight") == "stage2.0.body.conv1"
