import pytest

from brickwork.errors import BrickworkError
from brickwork.scaling.device import DEVICES, find_device


def test_devices_are_found_by_name_in_capitals_or_not() -> None:
    assert find_device("a100") is find_device("A100")
    assert find_device("Titan X").name == "TitanX"


def test_mixed_precision_uses_tensor_cores_where_there_are_any() -> None:
    a100, p100 = find_device("A100"), find_device("P100")
    assert (a100.peak("mixed"), a100.peak("float32")) == (312e12, 156e12)
    assert p100.peak("mixed") == p100.peak("float32") == 10.6e12
    assert a100.has_tensor_cores("float32")
    assert not p100.has_tensor_cores("mixed")
    assert not find_device("V100").has_tensor_cores("float32")


def test_an_unknown_device_is_answered_with_the_nearest_or_with_all_of_them() -> None:
    with pytest.raises(BrickworkError, match=r"unknown device 'A1000': did you mean 'A100'\? .*--rate"):
        find_device("A1000")
    with pytest.raises(BrickworkError, match="known: K80, TitanX, P100, V100, T4, A100, H100, H200"):
        find_device("gaudi")


def test_every_number_of_a_device_is_in_its_unit() -> None:
    for device in DEVICES:
        assert 1e12 < device.float32 <= max(device.float32, device.tf32, device.half) < 1e15
        assert 1e10 < device.memory < 1e12 < device.bandwidth * 10 < 1e14
        assert device.link < device.bandwidth
