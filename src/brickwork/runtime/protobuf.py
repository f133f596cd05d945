"""The protobuf of an ONNX file, read field by field: its metadata, and whether its weights are all inside.

ONNX's own package is not needed for it, and nothing is opened that the file names.
"""

from collections import Counter
from collections.abc import Iterator

MOST_FIELDS = 1_000_000  # of a file; a ResNet-1202 with a node for each layer has some 100,000
MODEL_METADATA = 14  # ModelProto.metadata_props: repeated StringStringEntryProto
KEY, VALUE = 1, 2  # of StringStringEntryProto
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types
FIXED_SIZES = {FIXED64: 8, FIXED32: 4}

# The messages in which a tensor can be, by the numbers of their fields (onnx.proto3): where each field leads.
MESSAGES = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
EXTERNAL = (13, 14)  # TensorProto.external_data and .data_location: weights in another file, or in memory

Field = tuple[int, int | memoryview]


class FieldReader:
    """Fields of protobuf messages; it counts them, as a damaged file can have as many as it has bytes."""

    def __init__(self) -> None:
        self.count = 0

    def fields(self, message: memoryview) -> Iterator[Field]:
        """Each field's number and value; raises ValueError where the bytes are no message."""
        at = 0
        while at < len(message):
            self.count += 1
            if self.count > MOST_FIELDS:
                raise ValueError(f"it has more than {MOST_FIELDS:,} fields")
            tag, at = read_varint(message, at)
            if not tag >> 3:
                raise ValueError(f"byte {at - 1:,} of a message begins no field")
            value, at = read_value(message, at, tag & 7)
            yield tag >> 3, value


def read_value(message: memoryview, at: int, kind: int) -> tuple[int | memoryview, int]:
    """A value of a wire type, and where the next field begins."""
    if kind == VARINT:
        return read_varint(message, at)
    if kind not in (BYTES, *FIXED_SIZES):
        raise ValueError(f"byte {at - 1:,} of a message begins no field")
    length, at = read_varint(message, at) if kind == BYTES else (FIXED_SIZES[kind], at)
    if length > len(message) - at:
        raise ValueError("it ends in the middle of a field: it was cut off")
    return message[at : at + length], at + length


def read_varint(message: memoryview, at: int) -> tuple[int, int]:
    """A whole number in 7 bits a byte, the lowest first, and where the next field begins."""
    number = 0
    for place in range(10):  # bytes of 64 bits
        if at + place >= len(message):
            raise ValueError("it ends in the middle of a number: it was cut off")
        byte = message[at + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    raise ValueError(f"byte {at:,} of a message begins no number")


def read_metadata(content: bytes) -> dict[str, str]:
    """The metadata_props of an ONNX file; raises ValueError where it is none, or has a name twice."""
    reader = FieldReader()
    entries = [
        metadata_entry(reader, value)
        for number, value in reader.fields(memoryview(content))
        if number == MODEL_METADATA and isinstance(value, memoryview)
    ]
    if twice := [name for name, count in Counter(name for name, _ in entries).items() if count > 1]:
        raise ValueError(f"two of its metadata are named {twice[0]!r:.60}")
    return dict(entries)


def metadata_entry(reader: FieldReader, message: memoryview) -> tuple[str, str]:
    texts = {number: bytes(value).decode() for number, value in reader.fields(message) if isinstance(value, memoryview)}
    return texts.get(KEY, ""), texts.get(VALUE, "")


def has_external_data(content: bytes) -> bool:
    """Whether a tensor of an ONNX file, wherever in it, names another place for its numbers; raises ValueError."""
    reader, waiting = FieldReader(), [("model", memoryview(content))]
    while waiting:
        kind, message = waiting.pop()
        for number, value in reader.fields(message):
            if kind == "tensor" and number in EXTERNAL and value != 0:
                return True
            if number in MESSAGES[kind] and isinstance(value, memoryview):
                waiting.append((MESSAGES[kind][number], value))
    return False
