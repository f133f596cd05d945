"""Exported models that are missing, damaged, changed or somebody else's: one line for each, before an engine runs."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import exports
from brickwork.errors import BrickworkError
from brickwork.runtime import load
from brickwork.runtime.document import KEY
from brickwork.runtime.exported import LARGEST, find_document, read_exported
from brickwork.runtime.protobuf import has_external_data, read_metadata


def refusal(path: Path, engine: str | None = None) -> str:
    """The one line of why a file is not opened."""
    with pytest.raises(BrickworkError) as fault:
        load(path, engine=engine)
    line = str(fault.value)
    assert "\n" not in line
    assert len(line) < 900
    return line


def document_with(model: onnx.ModelProto, **fields: Any) -> None:
    """Changes fields of the document of an ONNX model."""
    text = next(each.value for each in model.metadata_props if each.key == KEY)
    exports.set_metadata(model, json.dumps(json.loads(text) | fields))


def rename(model: onnx.ModelProto, old: str, new: str) -> None:
    """Gives an input or output another name, as another exporter would."""
    for port in (*model.graph.input, *model.graph.output):
        port.name = new if port.name == old else port.name
    for node in model.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
        node.output[:] = [new if name == old else name for name in node.output]


def fix_batch(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def take_floats(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT


def cut_outputs(model: onnx.ModelProto) -> None:
    del model.graph.output[:]


CHANGES: dict[str, tuple[Callable[[onnx.ModelProto], Any], str]] = {
    "no metadata": (lambda m: exports.set_metadata(m, None), "brickwork did not export it: its metadata has no"),
    "metadata twice": (lambda m: m.metadata_props.add(key=KEY), "two of its metadata are named 'brickwork'"),
    "no document": (lambda m: exports.set_metadata(m, "[]"), "is no object with a format"),
    "a class less": (lambda m: document_with(m, classes=["a", "b"]), "its graph gives logits (tensor(float), Nx3)"),
    "another format": (lambda m: document_with(m, format=9), "it is in format 9, but this version reads 1"),
    "another input": (lambda m: rename(m, "images", "x"), "its graph takes x (tensor(uint8), Nx1x4x4); expected"),
    "another output": (lambda m: rename(m, "logits", "y"), "its graph gives y (tensor(float), Nx3), probabilities"),
    "one image only": (fix_batch, "(tensor(uint8), 1x1x4x4); expected images (tensor(uint8), Nx1x4x4)"),
    "resizing": (lambda m: document_with(m, resizing=True), "its graph resizes images itself"),
    "no outputs": (cut_outputs, "its graph gives nothing; expected logits"),
    "float input": (take_floats, ""),  # the engine's sentence, or ours, after its own type inference
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_an_onnx_file_that_is_not_ours_is_refused_in_one_line(judge_folder: Path, tmp_path: Path, change: str) -> None:
    apply, words = CHANGES[change]
    path = exports.change_onnx(judge_folder / "judge.onnx", tmp_path / "model.onnx", apply)
    line = refusal(path)
    assert line.startswith(f"{path}: ")
    assert words in line
    assert refusal(path, "openvino").startswith(f"{path}: ")


def test_an_unchanged_copy_is_opened(judge_folder: Path, tmp_path: Path) -> None:
    path = exports.change_onnx(judge_folder / "judge.onnx", tmp_path / "model.onnx", lambda model: None)
    assert load(path).document == load(judge_folder / "judge.onnx").document


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_onnx_file_is_refused(judge_folder: Path, tmp_path: Path, share: float) -> None:
    content = (judge_folder / "judge.onnx").read_bytes()
    (tmp_path / "model.onnx").write_bytes(content[: int(share * len(content))])
    line = refusal(tmp_path / "model.onnx")
    assert "a damaged one: " in line or "its metadata has no 'brickwork'" in line


@pytest.mark.parametrize(
    "content",
    [b"no protobuf at all", b"\x00" * 100, b"\xff" * 100, b"PK\x03\x04" + b"\0" * 60, b"<?xml version='1.0'?><net/>"],
)
def test_what_is_no_protobuf_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    assert "not an ONNX file, or a damaged one: " in refusal(tmp_path / "model.onnx")


def outside(tensor: TensorProto, location: str) -> None:
    """Says that a tensor's numbers are elsewhere."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)


def external_initializer(model: onnx.ModelProto) -> None:
    outside(model.graph.initializer[0], "../../../etc/passwd")


def external_sparse(model: onnx.ModelProto) -> None:
    sparse = model.graph.sparse_initializer.add()
    outside(sparse.values, "*/_ORT_MEM_ADDR_/*")


def external_constant(model: onnx.ModelProto) -> None:
    tensor = numpy_helper.from_array(np.zeros(3, np.float32))
    outside(tensor, "weights.bin")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["unused"], value=tensor))


def external_in_branch(model: onnx.ModelProto) -> None:
    tensor = numpy_helper.from_array(np.zeros(3, np.float32))
    outside(tensor, "weights.bin")
    inner = helper.make_graph([helper.make_node("Constant", [], ["c"], value=tensor)], "g", [], [])
    middle = helper.make_graph(
        [helper.make_node("If", ["a"], ["b"], then_branch=inner, else_branch=inner)], "h", [], []
    )
    model.graph.node.append(helper.make_node("If", ["a"], ["b"], then_branch=middle, else_branch=middle))


def external_in_function(model: onnx.ModelProto) -> None:
    tensor = numpy_helper.from_array(np.zeros(3, np.float32))
    outside(tensor, "weights.bin")
    node = helper.make_node("Constant", [], ["c"], value=tensor)
    model.functions.append(helper.make_function("own", "f", [], ["c"], [node], [helper.make_opsetid("", 20)]))


@pytest.mark.parametrize(
    "change", [external_initializer, external_sparse, external_constant, external_in_branch, external_in_function]
)
def test_weights_outside_of_the_file_are_not_followed(
    judge_folder: Path, tmp_path: Path, change: Callable[[onnx.ModelProto], None]
) -> None:
    path = exports.change_onnx(judge_folder / "judge.onnx", tmp_path / "model.onnx", change)
    (tmp_path / "weights.bin").write_bytes(b"\0" * 1000)
    assert "its weights are said to lie outside of the file" in refusal(path)


def test_the_walk_through_a_protobuf_agrees_with_onnxs_own_reader(judge_folder: Path) -> None:
    content = (judge_folder / "judge.onnx").read_bytes()
    model = onnx.load_from_string(content)
    assert read_metadata(content) == {each.key: each.value for each in model.metadata_props}
    assert not has_external_data(content)


def test_a_location_that_wraps_around_32_bits_is_seen() -> None:
    tensor = b"\x70" + b"\x81\x80\x80\x80\x10"  # data_location = 2^32 + 1, of which protobuf keeps 1
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    assert has_external_data(b"\x3a" + bytes([len(graph)]) + graph)


def test_a_file_of_nothing_but_small_fields_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"\x08\x01" * 1_000_001)
    assert "it has more than 1,000,000 fields" in refusal(tmp_path / "model.onnx")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)  # a hole: no bytes on the disk
    assert refusal(path) == f"{path}: it has 2,147,483,649 bytes; expected 1 to 2,147,483,648."


@pytest.mark.parametrize("ending", ["onnx", "xml"])
def test_files_that_are_no_files_are_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"model.{ending}"
    assert refusal(path) == f"{path}: there is no such file."
    (tmp_path / f"modal.{ending}").write_bytes(b"")
    assert refusal(path) == f"{path}: there is no such file: did you mean {tmp_path}/modal.{ending}?"
    path.write_bytes(b"")
    assert refusal(path).startswith(f"{path}: it has 0 bytes; expected 1 to ")
    path.unlink()
    path.mkdir()
    assert refusal(path) == f"{path}: Is a directory."
    path.rmdir()
    os.mkfifo(path)
    assert refusal(path) == f"{path}: it is no file."


def test_a_path_of_another_ending_is_told(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError, match=r"name ends in \.onnx or \.xml"):
        read_exported(tmp_path / "model.pt")


@pytest.fixture
def copied_ir(judge_folder: Path, tmp_path: Path) -> Path:
    for name in ("judge.xml", "judge.bin"):
        shutil.copy(judge_folder / name, tmp_path / name)
    return tmp_path / "judge.xml"


def test_an_xml_whose_bin_is_absent_or_changed_is_refused(copied_ir: Path) -> None:
    weights = copied_ir.with_suffix(".bin")
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    assert refusal(copied_ir).startswith(
        f"{weights}: it was changed, or is not the file that was written with judge.xml"
    )
    weights.unlink()
    assert refusal(copied_ir) == f"{weights}: there is no such file."


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"<brickwork value", b"<other value", "brickwork did not export it"),
        (b"</rt_info>\n</net>", b"<brickwork value=\"{}\"/></rt_info>\n</net>", "it has 2 documents named 'brickwork'"),
        (b"<net ", b"<!DOCTYPE net [<!ENTITY a 'b'>]><net ", "it declares a document type"),
        (b"</net>", b"", "not a model of OpenVINO, or a damaged one: no element found"),
        (b'element_type="u8"', b'element_type="f32"', "its graph takes "),
        (b'type="Parameter"', b'type="Nothing"', "cannot open it: "),
    ],
)  # fmt: skip
def test_an_xml_that_was_changed_is_refused_in_one_line(copied_ir: Path, old: bytes, new: bytes, words: str) -> None:
    content = copied_ir.read_bytes()
    assert old in content
    copied_ir.write_bytes(content.replace(old, new))
    line = refusal(copied_ir)
    assert line.startswith(f"{copied_ir}: ")
    assert words in line


def test_a_document_is_found_only_where_openvino_writes_it() -> None:
    assert find_document(b"<net><rt_info><brickwork value='a'/></rt_info></net>") == "a"
    assert find_document(b"<net><rt_info><framework><brickwork value='a'/></framework></rt_info></net>") is None
    assert find_document(b"<net><brickwork value='a'/></net>") is None
