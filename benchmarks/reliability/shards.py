"""Reads 50,000 images in shards by one and two processes: each image once, memory flat, few requests, exact resumes.

    python benchmarks/reliability/shards.py [--images 50000] [--few 10000] [--folder FOLDER]

The images are Fashion-MNIST's, shifted, as PNGs in shards of 1,000. They are read as a training reads those that fit
neither memory nor cache: from the disk and from a web server here, which counts requests and bytes.
"""

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SHARD = 1000  # images
FLAT = 1.25  # times the memory that a fifth of the images takes, at most


def write_shards(folder: Path, count: int) -> None:
    """Shards train-000.tar ... with so many images, and val-000.tar with a hundred."""
    import numpy as np
    from PIL import Image

    from brickwork.data import open_data

    data = open_data("fashion").split("train")
    folder.mkdir(parents=True)
    for shard in range(count // SHARD + 1):
        first, size = shard * SHARD, SHARD if shard < count // SHARD else 100
        name = f"train-{shard:03}" if shard < count // SHARD else "val-000"
        with tarfile.open(folder / f"{name}.tar", "w") as tar:
            for i in range(first, first + size):
                image, label = data[i % len(data)]
                file = io.BytesIO()
                Image.fromarray(np.roll(np.asarray(image), i // len(data), 1)).save(file, "PNG")
                add(tar, f"{i:06}.png", file.getvalue())
                add(tar, f"{i:06}.cls", str(label).encode())


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


class Server(ThreadingHTTPServer):
    """Web server of a folder that knows ranges, and counts what was asked."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Ranges)
        self.folder, self.requests, self.bytes = folder, 0, 0

    def handle_error(self, request: object, address: object) -> None:
        """A reader that was killed is no fault of the server."""


class Ranges(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        path = self.server.folder / self.path.strip("/")
        status = path.stat()
        words = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")
        start, end = int(words[0]), min(int(words[1] or status.st_size), status.st_size - 1)
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Last-Modified", str(status.st_mtime))
        self.send_header("Content-Range", f"bytes {start}-{end}/{status.st_size}")
        self.send_header("Content-Length", str(end + 1 - start))
        self.end_headers()
        if body:
            self.server.requests += 1
            self.server.bytes += end + 1 - start
            with path.open("rb") as file:
                file.seek(start)
                self.wfile.write(file.read(end + 1 - start))

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[tuple[str, Server]]:
    server = Server(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", server
    server.shutdown()


def private_bytes() -> int:
    """Memory of this process that no other shares."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


class Reads:
    """Counts what this process asks of shards, and notes the keys of the images that it decodes."""

    def __init__(self) -> None:
        from brickwork.data.shards import pieces
        from brickwork.data.sources import webdataset
        from brickwork.loader.transforms import ImageTransform

        self.requests, self.bytes, self.numbers = 0, 0, []  # type: ignore[var-annotated]
        read_part, decode = pieces.read_part, ImageTransform.decode

        def counted(place: str, offset: int, size: int) -> bytes:
            content = read_part(place, offset, size)
            self.requests += 1
            self.bytes += len(content)
            return content

        def noted(transform: ImageTransform, sample: Any) -> Any:
            self.numbers.append(sample.number)
            return decode(transform, sample)

        pieces.read_part = webdataset.read_part = counted
        ImageTransform.decode = noted  # type: ignore[method-assign]


def member(source: str, first: int, log: Path) -> None:
    """One process: an epoch from step `first` on; a line of keys for each step, and one of figures at the end."""
    from brickwork import zoo
    from brickwork.data import open_data
    from brickwork.loader import prepare
    from brickwork.model import build
    from brickwork.recipe.recipe import Recipe
    from brickwork.training.parallel.group import join_group
    from brickwork.training.train import training_loop

    reads, facts = Reads(), {}
    prepare.free_memory = lambda: 0
    recipe = Recipe(batch=100, accumulate=2, cache="off", workers=0, flip=False)
    network = zoo.network("lenet5", input=(1, 28, 28), classes=10)
    with join_group() as group, log.open("w") as file:
        began = time.perf_counter()
        data = open_data(source)
        facts["seconds_open"] = time.perf_counter() - began
        with training_loop(build(network), data, recipe, None, lambda event: None, group) as loop:
            facts |= {"seconds_ready": time.perf_counter() - began, "window": loop.recipe.window}
            facts |= {"requests_before": reads.requests, "bytes_before": reads.bytes}
            reads.requests = reads.bytes = 0
            keys, most = loop.loader.images.train.split.keys, 0
            loop.step = first
            for _ in loop.batches(1):
                file.write(json.dumps([keys[i] for i in reads.numbers]) + "\n")
                file.flush()
                reads.numbers.clear()
                most = max(most, private_bytes() if loop.step % 10 == 0 else 0)
                loop.step += 1
        facts |= {"requests": reads.requests, "bytes": reads.bytes, "private": most}
        file.write(json.dumps({**facts, "seconds": time.perf_counter() - began}) + "\n")


def start(source: str, size: int, folder: Path, first: int = 0) -> list[subprocess.Popen[bytes]]:
    folder.mkdir(parents=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "WORLD_SIZE": str(size)}
    environment["BRICKWORK_RENDEZVOUS"] = (folder / "meeting").as_uri()
    environment.setdefault("BRICKWORK_CACHE", str(folder.parents[1] / "cache"))
    words = [sys.executable, __file__, "--member", source, "--first", str(first), "--log"]
    return [
        subprocess.Popen([*words, str(folder / f"{rank}.log")], env={**environment, "RANK": str(rank)})
        for rank in range(size)
    ]


def read_log(path: Path) -> list[Any]:
    """The lines of a log that are whole."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def wait(processes: list[subprocess.Popen[bytes]]) -> None:
    assert [process.wait() for process in processes] == [0] * len(processes), "a process has failed"


def whole_epoch(source: str, size: int, folder: Path, count: int) -> tuple[list[list[Any]], list[dict[str, Any]]]:
    """The steps of each rank, and its figures; checks that every image comes once."""
    wait(start(source, size, folder))
    logs = [read_log(folder / f"{rank}.log") for rank in range(size)]
    keys = [key for log in logs for step in log[:-1] for key in step]
    assert len(keys) == len(set(keys)) == count, f"{len(keys):,} images were read, {len(set(keys)):,} different ones"
    return [log[:-1] for log in logs], [log[-1] for log in logs]


def killed_epoch(source: str, size: int, folder: Path, steps: int) -> list[list[Any]]:
    """The steps of each rank of an epoch that is killed in its middle and goes on from there."""
    processes = start(source, size, folder)
    while min(len(read_log(folder / f"{rank}.log")) for rank in range(size)) < steps // 2:
        time.sleep(0.1)
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = [read_log(folder / f"{rank}.log") for rank in range(size)]
    first = min(map(len, before))
    again = folder.with_name(f"{folder.name}-again")
    wait(start(source, size, again, first))
    return [log[:first] + read_log(again / f"{rank}.log")[:-1] for rank, log in enumerate(before)]


def report(where: str, count: int, figures: list[dict[str, Any]]) -> None:
    for rank, facts in enumerate(figures):
        print(
            f"{where:6} {count:7,} {len(figures)}/{rank} {facts['private'] / 1e6:8.0f} MB"
            f" {facts['requests']:8,} {facts['bytes'] / 1e6:7.1f} MB {facts['requests_before']:8,}"
            f" {facts['bytes_before'] / 1e6:7.1f} MB {facts['seconds_open']:6.1f} s {facts['seconds']:6.1f} s",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--member", help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.member:
        return member(options.member, options.first, options.log)
    with tempfile.TemporaryDirectory(prefix="brickwork-shards-") as temporary:
        measure(options.folder or Path(temporary), options.few, options.images)


def measure(folder: Path, few: int, many: int) -> None:
    print("where   images  of/rank  private    an epoch: requests   before: requests      opening  in all")
    private: dict[tuple[int, int], int] = {}
    for count in (few, many):
        data = folder / f"data{count}"
        if not data.exists():
            write_shards(data, count)
        print(f"{count:,} images of {sum(path.stat().st_size for path in data.iterdir()) / 1e6:,.1f} MB in shards")
        with serve(data) as (address, server):
            pattern = f"{address}/{{{','.join(sorted(path.stem for path in data.iterdir()))}}}.tar"
            orders = {}
            for where, source in (("http", pattern), ("disk", str(data))):
                for size in (1, 2):
                    steps, figures = whole_epoch(source, size, folder / f"runs{count}" / f"{where}{size}", count)
                    report(where, count, figures)
                    orders[where, size] = [
                        [key for part in parts for key in part] for parts in zip(*steps, strict=True)
                    ]
                    private[count, size] = max(private.get((count, size), 0), *(each["private"] for each in figures))
                    if (where, count) == ("http", many):
                        again = killed_epoch(source, size, folder / f"runs{count}" / f"killed{size}", len(steps[0]))
                        print(f"       killed in the middle, {size} process(es): the same keys: {again == steps}")
                        assert again == steps
            print(f"       served: {server.requests:,} requests, {server.bytes / 1e6:,.0f} MB in all")
            for where in ("disk", "http"):
                assert orders[where, 1] == orders[where, 2], "two processes have another order"
    for size in (1, 2):
        ratio = private[many, size] / private[few, size]
        print(f"memory of {size}: {ratio:.2f} times that of {few:,} images")
        assert ratio < FLAT, f"memory grows with the images: more than {FLAT} times"


if __name__ == "__main__":
    main()
