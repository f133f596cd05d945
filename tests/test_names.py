"""The public names of the package."""

import subprocess
import sys

import pytest

import brickwork


def test_importing_the_package_does_not_import_torch() -> None:
    script = "import brickwork, sys; brickwork.cost(brickwork.zoo.network('lenet5')); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("name", brickwork.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(brickwork, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'brickwork' has no attribute 'nothing'"):
        _ = brickwork.nothing  # type: ignore[attr-defined]
