import pytest

from brickwork.processes import sharing_notes


@pytest.mark.parametrize(
    ("have", "count", "notes"),
    [
        (4, 4, ()),
        (4, 5, ("5 processes share 4 cores, so that each computes more slowly: 4 do as much.",)),
        (1, 1, ()),
        (1, 2, ("2 processes share one core, so that each computes more slowly: 1 does as much.",)),
    ],
)
def test_more_processes_than_cores_get_a_note(
    have: int, count: int, notes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brickwork.processes.cores", lambda: have)
    assert sharing_notes(count) == notes
