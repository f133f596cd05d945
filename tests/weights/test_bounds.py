"""Files of weights that say that they are larger than they are."""

from pathlib import Path
from time import perf_counter
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
import torch

from brickwork.errors import BrickworkError
from brickwork.weights import load_weights
from stored import narrow, stored


def repack(path: Path, method: int) -> None:
    """The same members with another compression."""
    with ZipFile(path) as archive:
        members = {member.filename: archive.read(member) for member in archive.infolist()}
    with ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def refusal(path: Path) -> str:
    with pytest.raises(BrickworkError) as caught:
        load_weights(narrow("resnet18"), path)
    return str(caught.value).removeprefix(f"{path}: ")


def test_compressed_members_are_refused_by_their_stated_size_before_torch_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.pth"
    torch.save({"a": torch.zeros(50_000_000)}, path)
    repack(path, ZIP_DEFLATED)
    assert path.stat().st_size < 1_000_000
    monkeypatch.setattr("torch.load", pytest.fail)
    start = perf_counter()
    assert refusal(path).startswith(f"refused, because its {path.stat().st_size:,} bytes unpack to 200,0")
    assert perf_counter() - start < 1


def test_members_that_lie_on_each_other_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    torch.save({"a": torch.zeros(1000), "b": torch.zeros(1000)}, path)
    content = bytearray(path.read_bytes())
    central = content.rfind(b"PK\x01\x02")
    content[central + 24 : central + 28] = (10**9).to_bytes(4, "little")  # the uncompressed size of the last member
    path.write_bytes(content)
    assert "bytes unpack to 1,000,0" in refusal(path)


def test_a_tensor_whose_numbers_repeat_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    torch.save({"a": torch.zeros(1).expand(10**6, 10**6)}, path)
    assert refusal(path) == "'a' has 4,000,000,000,000 bytes, which the file does not hold."


def test_what_torch_saves_is_read_also_where_another_program_has_stored_it_anew(tmp_path: Path) -> None:
    path, model = tmp_path / "weights.pth", narrow("resnet18")
    torch.save(stored(model, "torchvision"), path)
    repack(path, ZIP_STORED)
    load_weights(model, path)
