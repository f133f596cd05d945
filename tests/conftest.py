from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test leaves in the cache folder is neither found by another nor on the developer's disk."""
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / ".cache"))
