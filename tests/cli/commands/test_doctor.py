from pathlib import Path

import pytest

from brickwork.cli.commands import doctor
from brickwork.cli.commands.doctor import (
    Diagnosis,
    Package,
    Processor,
    doctor_text,
    packages,
    release_numbers,
    remedies,
)
from shell import Ask

CPU = Processor("CPU (x86_64)", True, 2)
NUMPY = Package("numpy", "1.26", "2.4.6", "")
TORCH = Package("torch", "2.11", "2.15.0+cpu", "train")
TIMM = Package("timm", "1.0", None, "parity")


def diagnosis(*installed: Package, fault: str = "") -> Diagnosis:
    return Diagnosis("0.1.0", "3.11.7", "Linux", list(installed), [] if fault else [CPU], fault)


def last_lines(found: Diagnosis) -> list[str]:
    """The paragraph that ends the report."""
    return doctor_text(found).split("\n\n")[-1].splitlines()


def test_requirements_are_read_with_their_extras() -> None:
    read = packages(["torch>=2.11", "no-such-thing>=1.0; extra == 'parity'", 'pytest>=8; extra == "test"'])
    assert [(each.name, each.needed, each.extra) for each in read] == [
        ("torch", "2.11", ""),
        ("no-such-thing", "1.0", "parity"),
        ("pytest", "8", "test"),
    ]
    assert read[0].found
    assert read[1].found is None


def test_the_test_extra_lists_only_what_is_its_own() -> None:
    read = packages(["torch>=2.11; extra == 'test'", "torch>=2.11; extra == 'train'", "pytest>=8; extra == 'test'"])
    assert [(each.name, each.extra) for each in read] == [("torch", "train"), ("pytest", "test")]


@pytest.mark.parametrize(
    ("version", "missing"),
    [("2.11.0", False), ("2.9.1", True), ("2.15.0+cpu", False), ("2.11", False), ("3", False), (None, True)],
)
def test_a_package_is_missing_where_it_is_absent_or_too_old(version: str | None, missing: bool) -> None:
    assert Package("torch", "2.11", version, "").missing is missing


def test_a_version_is_its_numbers() -> None:
    assert release_numbers("2.11.0rc1") == (2, 11, 0)
    assert release_numbers("2.15.0+cu128") == (2, 15, 0)


def test_where_nothing_is_missing_the_doctor_says_so() -> None:
    assert remedies(diagnosis(NUMPY, TORCH)) == []
    assert last_lines(diagnosis(NUMPY, TORCH)) == ["Nothing that the commands need is missing."]


def test_the_size_of_the_cache_is_told_where_there_is_one(tmp_path: Path, ask: Ask) -> None:
    assert "Decoded images" not in ask("doctor").out
    folder = tmp_path / ".cache" / "packs"
    folder.mkdir(parents=True)
    with (folder / "a.pack").open("wb") as file:
        file.truncate(1_600_000_000)  # takes no room
    assert f"Decoded images in {folder}: 1.6 GB." in ask("doctor").out


def test_what_is_missing_comes_with_the_line_that_installs_it() -> None:
    old, rich = NUMPY._replace(found="1.20"), Package("rich", "13", None, "")
    broken = diagnosis(old, rich, TIMM, TORCH)
    assert broken.broken
    assert remedies(broken) == [
        "Missing: pip install 'numpy>=1.26' 'rich>=13'",
        "Optional, for parity: pip install 'timm>=1.0'",
    ]


def test_what_is_optional_is_not_called_missing() -> None:
    whole = diagnosis(NUMPY, TIMM, TORCH)
    assert not whole.broken
    assert last_lines(whole) == [
        "Nothing that the commands need is missing.",
        "Optional, for parity: pip install 'timm>=1.0'",
    ]


@pytest.mark.parametrize("version", [None, "2.0"])
def test_a_base_without_a_torch_that_will_do_is_whole_and_names_the_commands_that_need_it(version: str | None) -> None:
    base = diagnosis(NUMPY, TIMM, TORCH._replace(found=version))
    assert not base.broken
    assert last_lines(base) == [
        "list, show, lecture, check and doctor have all that they need; train, evaluate and predict need torch.",
        "Optional, for train: pip install 'torch>=2.11'",
        "Optional, for parity: pip install 'timm>=1.0'",
    ]


def test_torch_and_torchvision_that_do_not_belong_together_are_installed_again_in_one_call() -> None:
    (line,) = remedies(diagnosis(TORCH, fault="operator torchvision::nms does not exist"))
    assert "operator torchvision::nms does not exist" in line
    assert line.endswith("pip install --force-reinstall torch torchvision")


def test_a_broken_torch_is_a_finding_and_exit_code_1(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Processor]:
        raise RuntimeError("operator torchvision::nms\ndoes not exist")

    monkeypatch.setattr(doctor, "processors", broken)
    answer = ask("doctor")
    assert answer.code == 1
    assert "operator torchvision::nms does not exist" in answer.out
    assert "Nothing that the commands need is missing" not in answer.out


def test_a_fault_without_a_text_is_a_fault(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Processor]:
        raise RuntimeError

    monkeypatch.setattr(doctor, "processors", broken)
    assert ask("doctor").code == 1


def test_the_doctor_sees_this_machine(ask: Ask) -> None:
    import torch

    document = ask("doctor", "--json").document
    assert document["processors"][0]["threads"] == torch.get_num_threads()
    assert {package["name"] for package in document["packages"] if not package["extra"]} in (
        {"numpy", "pillow", "safetensors", "click", "jinja2"},
        set(),  # run from its source folder
    )
