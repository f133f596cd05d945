"""`brickwork doctor`: what is installed, what the machine can do, and the line that mends what is missing."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import click

from brickwork import __version__
from brickwork.cli.output import json_option, print_json, say


class Package(NamedTuple):
    """A package that brickwork uses, and what is here of it."""

    name: str
    needed: str  # the oldest version that will do
    found: str | None
    extra: str  # "" where nothing works without it

    @property
    def missing(self) -> bool:
        """Whether it is absent or too old."""
        return self.found is None or release_numbers(self.found) < release_numbers(self.needed)

    @property
    def requirement(self) -> str:
        return f"{self.name}>={self.needed}"


def release_numbers(version: str) -> tuple[int, ...]:
    """The release of a version as numbers that can be compared: 2.11.0+cpu is (2, 11, 0)."""
    return tuple(map(int, re.findall(r"\d+", re.split(r"[^\d.]", version)[0])))


def packages(requirements: Iterable[str]) -> list[Package]:
    """What the requirements of a package's metadata ask for: 'timm>=1.0; extra == "parity"'.

    The extra "test" brings the others along; only what is its own is listed with it.
    """
    matches = [re.match(r"([\w.-]+)>=([\d.]+)(?:.*extra == ['\"](\w+)['\"])?", text) for text in requirements]
    listed = [Package(match[1], match[2], version_of(match[1]), match[3] or "") for match in matches if match]
    others = {package.name for package in listed if package.extra != "test"}
    return [package for package in listed if package.extra != "test" or package.name not in others]


def version_of(name: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


class Processor(NamedTuple):
    """Something that torch can compute on."""

    name: str
    bf16: bool  # whether it multiplies in bfloat16 by itself
    threads: int | None = None
    memory: int | None = None  # bytes of its own


def processors() -> list[Processor]:
    """The processors that torch finds here; none where torch or torchvision is not installed."""
    from importlib.util import find_spec

    if not (find_spec("torch") and find_spec("torchvision")):
        return []
    import torchvision  # type: ignore[import-untyped]  # noqa: F401  # fails here where the two do not belong together

    return [central_processor(), *graphics_processors()]


def central_processor() -> Processor:
    from platform import machine

    import torch

    from brickwork.machine import computes_in_bf16

    return Processor(f"CPU ({machine()})", computes_in_bf16(torch.device("cpu")), torch.get_num_threads())


def graphics_processors() -> list[Processor]:
    import torch

    from brickwork.machine import computes_in_bf16

    cards = [torch.cuda.get_device_properties(number) for number in range(torch.cuda.device_count())]
    bf16 = bool(cards) and computes_in_bf16(torch.device("cuda"))
    return [Processor(card.name, bf16, memory=card.total_memory) for card in cards]


class Diagnosis(NamedTuple):
    """What is installed and what the machine has."""

    brickwork: str
    python: str
    platform: str
    packages: list[Package]
    processors: list[Processor]
    fault: str  # why torch and torchvision do not import; "" where they do, or are not installed
    cache: str = ""  # the folder of decoded images
    cached: int = 0  # their bytes

    def lacking(self, extra: str) -> list[str]:
        """The requirements of an extra, or with "" of the base, that are not met."""
        return [package.requirement for package in self.packages if package.missing and package.extra == extra]

    @property
    def broken(self) -> bool:
        """Whether something that is installed does not work."""
        return bool(self.fault or self.lacking(""))

    def document(self) -> dict[str, object]:
        return {
            **self._asdict(),
            "packages": [package._asdict() for package in self.packages],
            "processors": [processor._asdict() for processor in self.processors],
            "advice": remedies(self),
        }


def examine() -> Diagnosis:
    from importlib.metadata import requires
    from platform import platform, python_version

    known = packages(requires("brickwork") or []) if version_of("brickwork") else []
    available, fault = find_processors()
    return Diagnosis(__version__, python_version(), platform(), known, available, fault, *cache_use())


def find_processors() -> tuple[list[Processor], str]:
    """The processors, or why torch cannot name them: a broken installation raises all sorts."""
    try:
        return processors(), ""
    except Exception as failure:
        return [], " ".join(str(failure).split()) or type(failure).__name__


def cache_use() -> tuple[str, int]:
    """Where training keeps decoded images, and how many bytes they take."""
    from brickwork.data.cache import store

    return str(store.pack_folder()), store.cache_size()


def remedies(diagnosis: Diagnosis) -> list[str]:
    """What is wrong, each with the line that mends it; and what could be added."""
    lines = [] if diagnosis.packages else ["brickwork is not installed: type 'pip install .' in its folder."]
    if missing := diagnosis.lacking(""):
        lines.append(f"Missing: {pip_line(missing)}")
    if diagnosis.fault:
        both = "pip install --force-reinstall torch torchvision"
        lines.append(f"torch and torchvision do not work together ({diagnosis.fault}). In one call: {both}")
    extras = dict.fromkeys(["train", *(package.extra for package in diagnosis.packages if package.extra)])
    return lines + [
        f"Optional, for {extra}: {pip_line(lacking)}" for extra in extras if (lacking := diagnosis.lacking(extra))
    ]


def pip_line(requirements: list[str]) -> str:
    from shlex import join

    return join(["pip", "install", *requirements])


def doctor_text(diagnosis: Diagnosis) -> str:
    """The diagnosis as two tables and the advice."""
    title = f"brickwork {diagnosis.brickwork} on Python {diagnosis.python}, {diagnosis.platform}"
    size = f"{diagnosis.cached / 1e9:.1f} GB"
    parts = [
        [title],
        package_table(diagnosis.packages),
        processor_table(diagnosis.processors) if diagnosis.processors else [],
        [f"Decoded images in {diagnosis.cache}: {size}."] if diagnosis.cached else [],
        [*summary(diagnosis), *remedies(diagnosis)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def package_table(packages: list[Package]) -> list[str]:
    from brickwork.network.columns import RULE, format_columns

    rows = [
        (package.name, package.needed, package.found or "no", f"extra {package.extra}" if package.extra else "")
        for package in packages
    ]
    return format_columns([("package", "needed", "installed", ""), RULE, *rows], "<><<")


def processor_table(processors: list[Processor]) -> list[str]:
    from brickwork.network.columns import RULE, format_columns

    rows = [
        (processor.name, str(processor.threads or ""), gibibytes(processor.memory), "yes" if processor.bf16 else "no")
        for processor in processors
    ]
    return format_columns([("processor", "threads", "memory", "bfloat16"), RULE, *rows], "<>>>")


def summary(diagnosis: Diagnosis) -> list[str]:
    """Which commands have all that they need; nothing where something is broken."""
    if diagnosis.broken or not diagnosis.packages:
        return []
    if diagnosis.lacking("train"):
        return [
            "list, show, lecture, check and doctor have all that they need; train, evaluate and predict need torch."
        ]
    return ["Nothing that the commands need is missing."]


def gibibytes(memory: int | None) -> str:
    return f"{memory / 2**30:.0f} GiB" if memory else ""


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:
    """What is installed, and what is missing.

    Also the processors that torch finds, and what each extra would need. Exit code 1 means that something is broken:
    a package of the base is missing or too old, or torch is installed and cannot be imported.

    \b
    Example:
      brickwork doctor
    """
    diagnosis = examine()
    if as_json:
        print_json(diagnosis.document())
    else:
        say(doctor_text(diagnosis))
    if diagnosis.broken:
        raise click.exceptions.Exit(1)
