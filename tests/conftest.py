import signal
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """Tests that press Ctrl-C press it also where they run in the background of a script, which ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test leaves in the cache folder is neither found by another nor on the developer's disk."""
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / ".cache"))
