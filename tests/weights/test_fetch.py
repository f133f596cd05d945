"""A download from a server of this test: one that succeeds, and every way in which it does not."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from brickwork import build, zoo
from brickwork.errors import BrickworkError
from brickwork.weights import fetch, find_tag, load_weights
from brickwork.weights.tag import Tag
from stored import narrow, stored

CONTENT = bytes(range(256)) * 40
SUM = sha256(CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    """Answers with the bytes of a path, or in a way that a path asks for."""

    files: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        kind, content = self.path.split("/")[1], self.files.get(self.path.rpartition("/")[2], CONTENT)
        if kind == "missing":
            self.send_error(404)
            return
        if kind == "garbage":
            self.wfile.write(b"this is no answer\r\n\r\n")
            return
        if kind == "silent":
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if kind == "cut" else content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("no_proxy", "*")
    Server.files, Server.asked = {}, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where torch.hub keeps what it fetches."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def published(address: str, sum: str | None = SUM[:8], name: str = "resnet18.tv_in1k") -> Tag:
    return replace(find_tag(name), address=f"{address}/resnet18-{SUM[:8]}.pth", sha256=sum)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_fetched_once_and_kept_under_its_name(address: str, home: Path) -> None:
    path = fetch(published(f"{address}/files"))
    assert path == home / f"resnet18-{SUM[:8]}.pth"
    assert path.read_bytes() == CONTENT
    assert fetch(published(f"{address}/files")) == path
    assert Server.asked == [f"/files/resnet18-{SUM[:8]}.pth"]
    assert names(home) == [path.name]


def test_a_fetched_file_is_weights_that_load(address: str, home: Path, tmp_path: Path) -> None:
    there, here = narrow("resnet18", seed=1), narrow("resnet18", seed=2)
    torch.save(stored(there, "torchvision"), tmp_path / "weights.pth")
    content = (tmp_path / "weights.pth").read_bytes()
    sum = sha256(content).hexdigest()[:8]
    Server.files[f"net-{sum}.pth"] = content
    load_weights(
        here, fetch(replace(find_tag("resnet18.tv_in1k"), address=f"{address}/files/net-{sum}.pth", sha256=sum))
    )
    for name, tensor in there.state_dict().items():
        assert torch.equal(here.state_dict()[name], tensor)


def test_a_file_without_a_known_sum_is_taken_as_it_is(address: str, home: Path) -> None:
    assert fetch(published(f"{address}/files", sum=None)).read_bytes() == CONTENT


def test_a_file_that_is_not_the_one_it_was_is_refused_and_not_kept(address: str, home: Path) -> None:
    with pytest.raises(BrickworkError) as caught:
        fetch(published(f"{address}/files", sum="0" * 8))
    where = f"{address}/files/resnet18-{SUM[:8]}.pth"
    assert str(caught.value) == (
        f'resnet18.tv_in1k: {where} is not the file it was: invalid hash value (expected "00000000", got "{SUM}").'
    )
    assert names(home) == []


def test_a_download_that_is_cut_is_refused_and_not_kept(address: str, home: Path) -> None:
    with pytest.raises(BrickworkError, match=r"^resnet18\.tv_in1k") as caught:
        fetch(published(f"{address}/cut"))
    assert "\n" not in str(caught.value)
    assert names(home) == []
    assert fetch(published(f"{address}/files")).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("missing", "HTTP Error 404: Not Found"), ("silent", "Remote end closed connection without response")],
)
def test_a_server_that_does_not_give_the_file_is_told_with_what_to_bring(
    address: str, home: Path, kind: str, reason: str
) -> None:
    where, file = f"{address}/{kind}/resnet18-{SUM[:8]}.pth", f"resnet18-{SUM[:8]}.pth"
    with pytest.raises(BrickworkError) as caught:
        fetch(published(f"{address}/{kind}"))
    assert str(caught.value) == (
        f"resnet18.tv_in1k could not be fetched ({reason}): bring {where} and pass it: --weights {file}, or "
        f"weights.load_weights(model, {file!r}, tag='resnet18.tv_in1k')."
    )
    assert names(home) == []


@pytest.mark.xfail(strict=True, reason="an http.client.HTTPException is no OSError, and reaches the person as it is")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_answers_garbage_is_one_line(address: str, home: Path) -> None:
    with pytest.raises(BrickworkError, match=r"resnet18\.tv_in1k could not be fetched"):
        fetch(published(f"{address}/garbage"))
    assert names(home) == []


def test_where_nobody_listens_is_told_with_what_to_bring(home: Path) -> None:
    with pytest.raises(BrickworkError, match=r"could not be fetched \(<urlopen error .*Connection refused>\): bring"):
        fetch(published("http://127.0.0.1:1"))


def test_a_kept_file_that_changed_is_refused_with_both_sums(address: str, home: Path) -> None:
    path = fetch(published(f"{address}/files"))
    path.write_bytes(b"other")
    other = sha256(b"other").hexdigest()
    with pytest.raises(BrickworkError) as caught:
        fetch(published(f"{address}/files"))
    assert str(caught.value) == (
        f"{path}: the sha256 of resnet18.tv_in1k begins with {SUM[:8]}, this file's with {other[:8]}: "
        "it is truncated, or other weights under the same name."
    )


def test_a_file_is_checked_against_its_tag_before_it_is_read(tmp_path: Path) -> None:
    model, path = build(zoo.network("resnet18")), tmp_path / "mine.pth"
    torch.save(stored(model, "torchvision"), path)
    with pytest.raises(BrickworkError, match=r"mine\.pth: the sha256 of resnet18\.tv_in1k begins with f37072fd, this"):
        load_weights(model, path, tag="resnet18.tv_in1k")
    assert load_weights(model, path).tag is None
