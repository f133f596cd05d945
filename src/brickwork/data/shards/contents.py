"""Contents of a shard: its samples, each an image with a label, and whatever else an archive holds."""

import json
from dataclasses import dataclass, field
from typing import BinaryIO

from brickwork.data.keys import normal_path
from brickwork.data.names import normal_name, printable
from brickwork.data.sources.listing import ENDINGS
from brickwork.data.sources.shards import Shard, open_shard
from brickwork.data.sources.tar import Damaged, Member, content, tar_members
from brickwork.errors import BrickworkError

LABELS = ("cls", "json", "txt")  # the first that a sample has counts
LONGEST = 1 << 20  # bytes of a file with a label


def stem(file: str) -> str:
    """A file's path up to the first dot in its name, which is its sample's."""
    return file[: len(file) - len(ending(file))].removesuffix(".")


def ending(file: str) -> str:
    """All that comes behind the first dot of a file's name, in lower case: "jpg" or "left.jpg"."""
    return file.rpartition("/")[2].partition(".")[2].lower()


@dataclass(eq=False)
class Sample:
    """Sample of a shard: the image and the label under one name."""

    image: Member | None = None
    label: str | None = None
    source: int = len(LABELS)  # which of LABELS the label is of
    named: Member | None = None  # the file with the label
    image_turn: int = 0  # the stretch of files of one sample in which the image stands
    label_turn: int = 0


def is_whole(sample: Sample) -> bool:
    return bool(sample.image and sample.label)


@dataclass(eq=False)
class Contents:
    """Contents of a shard: its samples, other files, and damage."""

    samples: dict[str, Sample] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)  # names of neither images nor labels
    damage: str = ""  # why it was not read to its end
    key: str = ""  # of the last member
    turn: int = 0  # how often the next sample has begun

    def sample(self, key: str) -> Sample:
        """The sample of this key, of which a file comes now."""
        self.turn += key != self.key
        self.key = key
        return self.samples.setdefault(key, Sample())


class SharedKey(BrickworkError):
    """Two files of an archive that belong to one sample by their names, and cannot."""

    def __init__(self, first: Member, second: Member) -> None:
        places = (f"{printable(member.name)} (byte {member.offset:,})" for member in (first, second))
        super().__init__(f"{' and '.join(places)} share a key")


def read_through(shard: Shard) -> Contents:
    contents = Contents()
    with open_shard(shard.place) as file:
        try:
            for member in tar_members(file):
                sort(member, file, contents)
        except Damaged as error:
            contents.damage = str(error)
        except SharedKey as error:
            advice = "give the samples of one archive names of their own, as cat-0001.jpg with cat-0001.cls"
            raise BrickworkError(f"{printable(shard.place)}: {error}: {advice}.") from None
    return contents


def sort(member: Member, file: BinaryIO, contents: Contents) -> None:
    """Puts a member to its sample; of several images there, the first counts, and sooner 1.jpg than 1.left.jpg."""
    name = member.name.removeprefix("./")
    key, kind = normal_path(stem(name)), ending(name)
    hidden = key.rpartition("/")[2] == ""
    if not hidden and kind in LABELS:
        add_label(contents.sample(key), member, file, LABELS.index(kind), contents.turn)
    elif not hidden and f".{kind.rpartition('.')[2]}" in ENDINGS:
        add_image(contents.sample(key), Member(name, member.offset, member.size), contents.turn)
    else:
        contents.others.append(name)


def add_image(sample: Sample, image: Member, turn: int) -> None:
    """Raises SharedKey for an image of the same name, and for one that other samples' files keep from the first."""
    plain = "." not in ending(image.name)
    if sample.image is None or (plain and "." in ending(sample.image.name)):
        sample.image, sample.image_turn = image, turn
    elif normal_path(image.name) == normal_path(sample.image.name) or (plain and turn != sample.image_turn):
        raise SharedKey(sample.image, image)


def add_label(sample: Sample, member: Member, file: BinaryIO, source: int, turn: int) -> None:
    """Raises SharedKey for a label of the same kind, and for another one that stands apart from the first."""
    if member.size > LONGEST or not (label := label_in(content(file, member.offset, member.size), source)):
        return
    if sample.named and (source == sample.source or (turn != sample.label_turn and label != sample.label)):
        raise SharedKey(sample.named, member)
    if source < sample.source:
        sample.label, sample.source, sample.named, sample.label_turn = label, source, member, turn


def label_in(data: bytes, source: int) -> str | None:
    """The label in a file, a line of text or the "label" of a JSON object; None where there is none."""
    try:
        text = data.decode("utf-8-sig").strip()
        if LABELS[source] == "json":
            document = json.loads(text)
            value = document.get("label") if isinstance(document, dict) else None
            text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    except (ValueError, RecursionError):
        return None
    return normal_name(text.strip()) if text and "\n" not in text and "\0" not in text else None
