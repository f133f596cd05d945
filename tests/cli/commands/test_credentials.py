"""Credentials in the address of the data: nothing prints them, and no file holds them."""

import gzip
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from brickwork.data import open_data
from shell import Ask

USER, PASSWORD, SIGNATURE = "ann-the-user", "pa55word-of-ann", "5ignature/of+ann"
SECRETS = (USER, PASSWORD, SIGNATURE, "5ignature")


def archive(count: int) -> bytes:
    chance, file = np.random.default_rng(0), io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for number in range(count):
            pixels = io.BytesIO()
            Image.fromarray(chance.integers(0, 255, (32, 32, 3), np.uint8)).save(pixels, "PNG")
            for ending, content in (("png", pixels.getvalue()), ("cls", (b"cat", b"dog")[number % 2])):
                member = tarfile.TarInfo(f"{number:04}.{ending}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


class Store(BaseHTTPRequestHandler):
    """Answers whoever has the signature."""

    content = archive(60)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        known = address.path == "/sets/pets.tar" and SIGNATURE in address.query
        body = self.content if known else b""
        first, _, last = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
        part = body[int(first) : int(last) + 1] if first else body
        self.send_response((206 if first else 200) if known else 404)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{USER}:{PASSWORD}@127.0.0.1:{server.server_port}/sets/pets.tar?X-Amz-Signature={SIGNATURE}"
        server.shutdown()
        thread.join()


def check_silent(words: str) -> None:
    assert [secret for secret in SECRETS if secret in words] == []


def texts(folder: Path) -> str:
    """The bytes of all files below a folder, and their names."""
    parts = [str(path.relative_to(folder)) for path in folder.rglob("*")]
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            parts.append((gzip.decompress(content) if path.suffix == ".gz" else content).decode("latin-1"))
    return "\n".join(parts)


def test_no_verb_prints_or_writes_them(ask: Ask, address: str, tmp_path: Path) -> None:
    assert open_data(address).name == "pets"
    run, small = tmp_path / "run", ("--epochs", "1", "--batch", "8", "--workers", "0", "--threads", "1")
    for words in (
        ("check", address),
        ("check", address, "--json"),
        ("train", "resnet20[width=0.25]", "--data", address, "--out", run, *small),
        ("evaluate", run, "--data", address, "--split", "all", "--report", tmp_path / "page.html"),
        ("evaluate", run, "--data", address, "--split", "all", "--json"),
        ("train", "--resume", run, "--data", address),
    ):
        answer = ask(*words)
        assert answer.code in (0, 1 if words[0] == "check" else 0), answer.err
        check_silent(answer.out + answer.err)
    check_silent(texts(tmp_path))
    assert "http://***@127.0.0.1" in (run / "run.json").read_text()


def test_no_mistake_prints_them(ask: Ask, address: str) -> None:
    for wrong in (
        address.replace("pets", "pests"),
        address.replace("pets.tar", "*.tar"),
        address.replace("pets.tar", "pets.tar.gz"),
        address.replace("pets.tar?", "train-{0..1}.tar?"),
        address.replace("http:", "htp:"),
        address.replace("127.0.0.1", "127.0.0.1.invalid"),
    ):
        for verb in ("check", "train --epochs 1 --data", "evaluate missing.safetensors --data"):
            answer = ask(*verb.split(), wrong)
            assert answer.code == 2
            check_silent(answer.out + answer.err)


def test_images_have_the_same_keys_under_another_signature(address: str) -> None:
    dataset = open_data(address)
    again = open_data(address + "&X-Amz-Date=20261127/2")
    assert [*dataset.splits["train"].keys] == [*again.splits["train"].keys]
    assert dataset.splits["train"].keys[0].startswith("pets/")
    check_silent(repr(dataset) + repr(dataset.splits["train"]) + " ".join(dataset.splits["train"].names))
