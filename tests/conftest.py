import os
import random
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from brickwork.machine import drop_signal_stack

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a process, where there is a process a core


def pytest_configure() -> None:
    """Tests that press Ctrl-C press it also where they run in the background of a script, which ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test leaves in the cache folder is neither found by another nor on the developer's disk."""
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / ".cache"))


@pytest.fixture(autouse=True)
def own_signal_stack() -> None:
    """A signal that a test sends is heard also where an earlier one has closed a session of OpenVINO."""
    drop_signal_stack()


@pytest.fixture(autouse=True)
def same_chance() -> None:
    """A test draws the same numbers in every run, alone or among others."""
    random.seed(0)
    np.random.seed(0)
    if torch := sys.modules.get("torch"):  # fetching it takes seconds, and it begins with a seed of its own
        torch.manual_seed(0)
