"""`brickwork doctor`: what is installed, what the machine can do, and the line that mends what is missing."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import click

from brickwork import __version__
from brickwork.cli.output import json_option, print_json


class Package(NamedTuple):
    """A package that brickwork uses, and what is here of it."""

    name: str
    needed: str  # the oldest version that will do
    found: str | None
    extra: str  # "" where nothing works without it

    @property
    def missing(self) -> bool:
        return self.found is None or release_numbers(self.found) < release_numbers(self.needed)

    @property
    def wanted(self) -> str:
        return f"{self.name}>={self.needed}"


def release_numbers(version: str) -> tuple[int, ...]:
    """The release of a version as numbers that can be compared: 2.11.0+cpu is (2, 11, 0)."""
    return tuple(map(int, re.findall(r"\d+", re.split(r"[^\d.]", version)[0])))


def packages(requirements: Iterable[str]) -> list[Package]:
    """What the requirements of a package's metadata ask for: 'timm>=1.0; extra == "parity"'."""
    found = [re.match(r"([\w.-]+)>=([\d.]+)(?:.*extra == ['\"](\w+)['\"])?", text) for text in requirements]
    return [Package(match[1], match[2], version_of(match[1]), match[3] or "") for match in found if match]


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
    """The processors that torch finds here."""
    from platform import machine

    import torch
    import torchvision  # type: ignore[import-untyped]  # noqa: F401  # fails here where the two do not belong together

    from brickwork.training.precision import computes_in_bf16

    cpu = Processor(f"CPU ({machine()})", computes_in_bf16(torch.device("cpu")), torch.get_num_threads())
    cards = [torch.cuda.get_device_properties(number) for number in range(torch.cuda.device_count())]
    bf16 = bool(cards) and computes_in_bf16(torch.device("cuda"))
    return [cpu, *(Processor(card.name, bf16, memory=card.total_memory) for card in cards)]


class Diagnosis(NamedTuple):
    """What the doctor has seen."""

    brickwork: str
    python: str
    platform: str
    packages: list[Package]
    processors: list[Processor]
    fault: str  # why torch and torchvision do not import; "" where they do
    cache: str = ""  # the folder of decoded images
    cached: int = 0  # their bytes

    @property
    def ill(self) -> bool:
        """Whether something is wrong that all commands need."""
        return bool(self.fault) or not self.packages or any(each.missing and not each.extra for each in self.packages)

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
    try:
        found, (cache, cached) = processors(), cache_use()
    except Exception as failure:  # a broken installation raises all sorts
        fault = " ".join(str(failure).split())
        return Diagnosis(__version__, python_version(), platform(), known, [], fault)
    return Diagnosis(__version__, python_version(), platform(), known, found, "", cache, cached)


def cache_use() -> tuple[str, int]:
    """Where training keeps decoded images, and how many bytes they take."""
    from brickwork.data.cache import store

    return str(store.pack_folder()), store.cache_size()


def remedies(findings: Diagnosis) -> list[str]:
    """What is wrong, each with the line that mends it; and what could be added."""
    lacking = [package for package in findings.packages if package.missing]
    needed = [package.wanted for package in lacking if not package.extra]
    lines = [] if findings.packages else ["brickwork is not installed: type 'pip install .' in its folder."]
    if needed:
        lines.append(f"Missing: {pip_line(needed)}")
    elif findings.fault:
        both = "pip install --force-reinstall torch torchvision"
        lines.append(f"torch and torchvision do not work together ({findings.fault}). In one call: {both}")
    for extra in dict.fromkeys(package.extra for package in lacking if package.extra):
        wanted = [package.wanted for package in lacking if package.extra == extra]
        lines.append(f"Optional, for {extra}: {pip_line(wanted)}")
    return lines


def pip_line(requirements: list[str]) -> str:
    from shlex import join

    return join(["pip", "install", *requirements])


def doctor_text(findings: Diagnosis) -> str:
    """The findings as two tables and the advice."""
    from brickwork.network.columns import RULE, format_columns

    packages = [
        (each.name, each.needed, each.found or "no", f"extra {each.extra}" if each.extra else "")
        for each in findings.packages
    ]
    machine = [
        (each.name, str(each.threads or ""), gibibytes(each.memory), "yes" if each.bf16 else "no")
        for each in findings.processors
    ]
    return "\n".join(
        [
            f"brickwork {findings.brickwork} on Python {findings.python}, {findings.platform}",
            "",
            *format_columns([("package", "needed", "installed", ""), RULE, *packages], "<><<"),
            "",
            *format_columns([("processor", "threads", "memory", "bfloat16"), RULE, *machine], "<>>>"),
            "",
            *([f"Decoded images in {findings.cache}: {findings.cached / 1e9:.1f} GB.", ""] if findings.cached else []),
            *([] if findings.ill else ["Nothing that the commands need is missing."]),
            *remedies(findings),
        ]
    )


def gibibytes(memory: int | None) -> str:
    return f"{memory / 2**30:.0f} GiB" if memory else ""


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:
    """What is installed, and what is missing.

    Also the processors that torch finds. Exit code 1 means that torch cannot be used.

    \b
    Example:
      brickwork doctor
    """
    findings = examine()
    if as_json:
        print_json(findings.document())
    else:
        print(doctor_text(findings))
    if not findings.processors:
        raise click.exceptions.Exit(1)
