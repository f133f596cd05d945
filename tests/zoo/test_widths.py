"""A width holds for every network, or the error names the nearest widths, which hold."""

import re

import pytest
import torch

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.network import cost

NEAR = re.compile(r"The nearest widths that work: ([\d.]+)(?: and ([\d.]+))?\.$")


@pytest.mark.parametrize("name", [name for name in zoo.names() if name not in ("lenet5_1998", "resnet1202")])
def test_a_width_holds_or_the_nearest_that_do_are_named(name: str) -> None:
    for width in (0.1, 0.3):
        misfit = misfit_of(f"{name}[width={width}]")
        if misfit is None:
            check_narrow(f"{name}[width={width}]", name)
            continue
        near = NEAR.search(misfit)
        assert near, misfit
        widths = [float(word) for word in near.groups() if word]
        assert all(cost(zoo.network(f"{name}[width={other}]")).params for other in widths)
        assert any(other > width for other in widths)


def misfit_of(text: str) -> str | None:
    try:
        zoo.network(text)
    except BrickworkError as misfit:
        return str(misfit)
    return None


def check_narrow(text: str, name: str) -> None:
    """The network is smaller, and its model has as many parameters as the value says."""
    network = zoo.network(text)
    assert cost(network).params < cost(zoo.network(name)).params
    with torch.device("meta"):
        assert sum(p.numel() for p in Model(network).parameters()) == cost(network).params_with_side_heads


def test_the_nearest_widths_stand_on_both_sides() -> None:
    with pytest.raises(BrickworkError) as caught:
        zoo.network("resnext50_32x4d[width=0.3]")
    assert str(caught.value) == (
        "resnext50_32x4d[width=0.3]: Conv: 38 channels cannot be made in 32 groups. "
        "The nearest widths that work: 0.25 and 0.5."
    )


@pytest.mark.parametrize("name", ["mobilenet_v2", "xception", "densenet121", "unet"])
def test_a_network_that_is_not_here_is_not_taken_for_another(name: str) -> None:
    with pytest.raises(BrickworkError) as caught:
        zoo.network(name)
    assert str(caught.value) == f"unknown network '{name}': see 'brickwork list'."
