import pytest

from brickwork.cli.shell import run
from shell import Answer, Ask


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("COLUMNS", "100")

    def typed(*words: object) -> Answer:
        code = run([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    return typed
