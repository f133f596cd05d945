import pytest


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dozens of checkpoints are written here, and none has to outlive a power cut."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
