"""Hostile values for every field of every document that a run folder, a model file or the cache holds."""

import gzip
import json
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from brickwork.data.cache.pack import TAIL

MARK = "@hostile@"
MISSING = "missing"
LENGTH = 8  # bytes before a safetensors file's header, which are its length
RESUME, ENDED = ("train", "--resume", "begun"), ("train", "--resume", "ended")
SCORE, PREDICT, SHOW = (
    ("evaluate", "ended", "--data", "data", "--split", "all"),
    ("predict", "ended", "one.png"),
    ("show", "ended"),
)

VALUES = {  # as they stand in a document
    MISSING: "",
    "-1": "-1",
    "zero": "0",
    "a half": "0.5",
    "2^63": str(2**63),
    "2^31": str(2**31),
    "10^400": "1" + "0" * 400,
    "1e400": "1e400",
    "NaN": "NaN",
    "-Infinity": "-Infinity",
    "5,000 digits": "9" * 5000,
    "5,000 digits behind the point": "0." + "3" * 5000,
    "100,000 levels": "[" * 100_000 + "]" * 100_000,
    "900 levels": '{"a":' * 900 + "1" + "}" * 900,
    "a name twice": '{"a": 1, "a": 2}',
    "null": "null",
    "true": "true",
    "an empty text": '""',
    "text": '"x"',
    "a megabyte of text": f'"{"x" * 2**20}"',
    "controls": r'"\u001b[31m\u0007\r\n\u202etxt"',
    "half a character": r'"\ud800"',
    "an empty list": "[]",
    "an empty object": "{}",
    "a list of lists": "[[1], [2, [3]]]",
}
TOML = {  # of these values, those that TOML spells otherwise
    "NaN": "nan",
    "-Infinity": "-inf",
    "900 levels": "[" * 900 + "]" * 900,
    "a name twice": "{a = 1, a = 2}",
    "null": "",
}


def fields(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field in a document; of a list, its first two elements."""
    if path:
        yield path
    pairs = enumerate(document[:2]) if isinstance(document, list) else ()
    for name, value in document.items() if isinstance(document, dict) else pairs:
        yield from fields(value, (*path, name))


def with_value(document: Any, path: tuple[Any, ...], text: str) -> str:
    """The document as JSON with other text in the place of a field; without the field where the text is empty."""
    changed = deepcopy(document)
    place = changed
    for name in path[:-1]:
        place = place[name]
    if text:
        place[path[-1]] = MARK
    else:
        del place[path[-1]]
    return json.dumps(changed).replace(f'"{MARK}"', text)


@dataclass(frozen=True)
class Document:
    """A document in a sandbox: how it is read, written, and which commands read it."""

    name: str
    read: Callable[[Path], Any]
    write: Callable[[Path, str], None]
    commands: tuple[tuple[str, ...], ...]

    def cases(self, folder: Path) -> Iterator[tuple[str, str, str]]:
        """Every field with every value: the field, the value's name, and the document's text."""
        document = self.read(folder)
        for path in fields(document):
            for name, text in VALUES.items():
                yield ".".join(map(str, path)), name, self.text(document, path, name, text)

    def text(self, document: Any, path: tuple[Any, ...], name: str, text: str) -> str:
        if self.name != "recipe.toml":
            return with_value(document, path, text)
        lines = {key: json.dumps(value) for key, value in document.items()}
        if len(path) > 1:
            lines[path[0]] = with_value(document[path[0]], path[1:], TOML.get(name, text))
        elif text:
            lines[path[0]] = TOML.get(name, text)
        else:
            del lines[path[0]]
        return "\n".join(f"{key} = {value}" for key, value in lines.items())


def split_header(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header of a safetensors file, and its tensors' bytes."""
    content = path.read_bytes()
    end = LENGTH + int.from_bytes(content[:LENGTH], "little")
    return json.loads(content[LENGTH:end]), content[end:]


def write_header(path: Path, header: str, tensors: bytes) -> None:
    """Puts a header before tensors, with a sum beside it where it is a checkpoint."""
    words = header.encode(errors="surrogatepass")
    words += b" " * (-len(words) % 8)
    path.write_bytes(len(words).to_bytes(LENGTH, "little") + words + tensors)
    renew_sums(path)


def renew_sums(path: Path) -> None:
    """Renews the sum of a checkpoint, of an index or of a pack's table, as somebody would who changes it."""
    content = path.read_bytes()
    if path.parent.name == "index" and content.count(b"\n") > 1:
        lines = content[: content[:-1].rfind(b"\n") + 1]
        path.write_bytes(lines + json.dumps([sha256(lines).hexdigest()]).encode() + b"\n")
    elif path.parent.name == "packs" and len(content) > TAIL.size:
        start, _, magic = TAIL.unpack(content[-TAIL.size :])
        table = content[start : -TAIL.size]
        path.write_bytes(content[: -TAIL.size] + TAIL.pack(start, sha256(table).digest(), magic))
    elif path.parent.name == "checkpoints":
        path.with_suffix(".sha256").write_text(f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n")


def last_checkpoint(folder: Path) -> Path:
    return max((folder / "begun" / "checkpoints").glob("*.safetensors"))


def model_path(folder: Path) -> Path:
    return folder / "ended" / "model.safetensors"


def metadata(where: Callable[[Path], Path], name: str) -> tuple[Callable[[Path], Any], Callable[[Path, str], None]]:
    """How a JSON document in a safetensors file's metadata is read and written."""

    def read(folder: Path) -> Any:
        return json.loads(split_header(where(folder))[0]["__metadata__"][name])

    def write(folder: Path, text: str) -> None:
        header, tensors = split_header(where(folder))
        header["__metadata__"][name] = text
        write_header(where(folder), json.dumps(header), tensors)

    return read, write


def header(where: Callable[[Path], Path]) -> tuple[Callable[[Path], Any], Callable[[Path, str], None]]:
    """How a safetensors file's header itself is read and written."""

    def read(folder: Path) -> Any:
        return split_header(where(folder))[0]

    def write(folder: Path, text: str) -> None:
        content = where(folder).read_bytes()
        write_header(where(folder), text, content[LENGTH + int.from_bytes(content[:LENGTH], "little") :])

    return read, write


def read_plan(folder: Path) -> Any:
    return json.loads((folder / "begun" / "run.json").read_text())


def write_plan(folder: Path, text: str) -> None:
    (folder / "begun" / "run.json").write_text(text)


def write_network(folder: Path, text: str) -> None:
    write_plan(folder, json.dumps({**read_plan(folder), "network": text}))


def read_rows(folder: Path) -> Any:
    lines = gzip.decompress((folder / "begun" / "images.jsonl.gz").read_bytes()).splitlines()
    return [json.loads(line) for line in lines]


def write_rows(folder: Path, text: str) -> None:
    """Writes the list of images, and changes one of them, so that the list is asked."""
    rows = text[1:-1].replace("], [", "]\n[")
    (folder / "begun" / "images.jsonl.gz").write_bytes(gzip.compress(f"{rows}\n".encode(), 1))
    (folder / "data" / "beech" / "case0_1.png").unlink(missing_ok=True)


def index_path(folder: Path) -> Path:
    return next((folder / "cache" / "index").iterdir())


def read_index(folder: Path) -> Any:
    return [json.loads(line) for line in index_path(folder).read_bytes().splitlines()[:-1]]


def write_index(folder: Path, text: str) -> None:
    content = text[1:-1].replace("], [", "]\n[").encode() + b"\n"
    index_path(folder).write_bytes(content + json.dumps([sha256(content).hexdigest()]).encode() + b"\n")


DOCUMENTS = (
    Document("run.json", read_plan, write_plan, (RESUME,)),
    Document("run.json: network", lambda folder: json.loads(read_plan(folder)["network"]), write_network, (RESUME,)),
    Document(
        "recipe.toml",
        lambda folder: tomllib.loads((folder / "begun" / "recipe.toml").read_text()),
        lambda folder, text: (folder / "begun" / "recipe.toml").write_text(text) and None,
        (RESUME,),
    ),
    Document("images.jsonl.gz", read_rows, write_rows, (RESUME,)),
    Document("checkpoint: header", *header(last_checkpoint), (RESUME,)),
    Document("checkpoint: facts", *metadata(last_checkpoint, "facts"), (RESUME,)),
    Document("model: header", *header(model_path), (PREDICT,)),
    Document("model: network", *metadata(model_path, "network"), (SHOW, PREDICT)),
    Document("model: classes", *metadata(model_path, "classes"), (PREDICT, SCORE)),
    Document("model: preprocessing", *metadata(model_path, "preprocessing"), (PREDICT,)),
    Document("model: record", *metadata(model_path, "record"), (SCORE, PREDICT, ENDED)),
    Document("index", read_index, write_index, (RESUME,)),
)
