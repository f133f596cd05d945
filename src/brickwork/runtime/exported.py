"""Exported models as files: an .onnx, or an .xml with its .bin, read and checked before any engine sees them."""

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from xml.parsers import expat

from brickwork.documents import open_at_once
from brickwork.errors import BrickworkError
from brickwork.files import neighbour
from brickwork.runtime.document import KEY, ExportDocument
from brickwork.runtime.protobuf import has_external_data, read_metadata

LARGEST = 2 << 30  # bytes of a file: no protobuf may have more
LARGEST_XML = 64 << 20  # bytes; ResNet-1202's graph has some 5 MB
PLACE = ["net", "rt_info", KEY]  # of the document in an .xml


@dataclass(frozen=True)
class ExportedModel:
    """The content of an exported model, and its document; not yet opened by an engine."""

    document: ExportDocument
    content: bytes  # of the .onnx or the .xml
    weights: bytes = b""  # of the .bin beside an .xml


def is_exported(path: str | Path) -> bool:
    """Whether a path has the ending of an exported model."""
    return Path(path).suffix.lower() in READERS


def read_exported(path: Path) -> ExportedModel:
    """An exported model from its file; raises BrickworkError where there is none, or a damaged or foreign one."""
    if not is_exported(path):
        raise BrickworkError(f"{path}: an exported model is a file whose name ends in {' or '.join(READERS)}.")
    return READERS[path.suffix.lower()](path)


def read_onnx(path: Path) -> ExportedModel:
    """An exported ONNX file; raises BrickworkError."""
    content = read_file(path)
    try:
        metadata, outside = read_metadata(content), has_external_data(content)
    except ValueError as fault:
        raise BrickworkError(f"{path}: not an ONNX file, or a damaged one: {fault}.") from None
    if outside:
        raise BrickworkError(
            f"{path}: its weights are said to lie outside of the file, and such places are not followed: export it as "
            f"one file."
        )
    return ExportedModel(read_document(path, metadata.get(KEY)), content)


def read_ir(path: Path) -> ExportedModel:
    """An exported model of OpenVINO, the .xml with the .bin beside it; raises BrickworkError."""
    content, beside = read_file(path, LARGEST_XML), path.with_suffix(".bin")
    try:
        text = find_document(content)
    except (ValueError, expat.ExpatError) as fault:
        raise BrickworkError(f"{path}: not a model of OpenVINO, or a damaged one: {fault}.") from None
    document, weights = read_document(path, text), read_file(beside)
    if sha256(weights).hexdigest() != document.weights_sha256:
        raise BrickworkError(
            f"{beside}: it was changed, or is not the file that was written with {path.name}, which states another "
            f"SHA-256: copy both files again."
        )
    return ExportedModel(document, content, weights)


READERS = {".onnx": read_onnx, ".xml": read_ir}


def read_document(path: Path, text: str | None) -> ExportDocument:
    """The document from the metadata of a file; raises BrickworkError where there is none."""
    if text is None:
        raise BrickworkError(
            f"{path}: brickwork did not export it: its metadata has no {KEY!r}. 'brickwork export' writes such files."
        )
    try:
        return ExportDocument.read(text)
    except BrickworkError as fault:
        raise BrickworkError(f"{path}: {fault}") from None


def find_document(content: bytes) -> str | None:
    """The document in the rt_info of an .xml; None where there is none.

    Raises ExpatError where it is no XML, and ValueError where it declares entities or has two documents.
    """
    open_elements: list[str] = []
    found: list[str | None] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        open_elements.append(name)
        if open_elements == PLACE:
            found.append(attributes.get("value"))

    def refuse(*_: object) -> None:
        raise ValueError("it declares a document type, which those of OpenVINO do not")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)
    if len(found) > 1:
        raise ValueError(f"it has {len(found)} documents named {KEY!r}")
    return found[0] if found else None


def read_file(path: Path, most: int = LARGEST) -> bytes:
    """The content of a file; raises BrickworkError where there is none, or it is too large, a pipe or a device."""
    try:
        with open(path, "rb", opener=open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BrickworkError(f"{path}: it is no file.")
            if not 0 < status.st_size <= most:
                raise BrickworkError(f"{path}: it has {status.st_size:,} bytes; expected 1 to {most:,}.")
            return file.read(most)
    except FileNotFoundError:
        near = neighbour(path)
        raise BrickworkError(f"{path}: there is no such file{f': did you mean {near}?' if near else '.'}") from None
    except OSError as fault:
        raise BrickworkError(f"{path}: {fault.strerror or fault}.") from None
