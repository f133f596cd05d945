"""The place where processes meet: a port that is taken, an address where nobody is."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from torch import distributed

from brickwork.training.parallel import group
from brickwork.training.parallel.group import LOST, LostProcess, join_group


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which something listens that is no meeting place."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("kind", ["file", "port"])
def test_a_leader_that_takes_longer_than_any_step_is_waited_for(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = (
        distributed.FileStore(str(tmp_path / "store"), 2)
        if kind == "file"
        else distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    )
    store = leader if kind == "file" else distributed.TCPStore("127.0.0.1", leader.port, wait_for_workers=False)
    monkeypatch.setattr(group, "store", lambda: store)
    monkeypatch.setattr(group, "PATIENCE", timedelta(seconds=0.2))
    thread = threading.Timer(1, leader.set, ("turn", "1"))
    begin = time.monotonic()
    thread.start()
    group.wait_for("turn")
    thread.join()
    assert time.monotonic() - begin > 0.9
    monkeypatch.setattr(group, "LONG", timedelta(seconds=0.5))
    with pytest.raises(RuntimeError, match="the leader has not been heard of"):
        group.wait_for("never")


@pytest.mark.parametrize("rank", [0, 1])
def test_a_port_that_is_taken_is_a_line_and_no_hang(rank: int, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "JOINING", timedelta(seconds=2))
    facts = {"RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": taken}
    for name, value in facts.items():
        monkeypatch.setitem(os.environ, name, str(value))
    begin = time.monotonic()
    with pytest.raises(LostProcess) as caught, join_group():
        pass
    assert time.monotonic() - begin < 60
    text = str(caught.value)
    assert text.startswith(f"process {rank} of 2 does not reach the others at 127.0.0.1:{taken}: ")
    assert text.endswith("is the port free? MASTER_PORT (torchrun: --master-port) names another.")
    assert "\n" not in text
    assert caught.value.exit_code == LOST
