"""Export of a model, refused unless every engine at hand computes what the model does."""

import copy
import json
import warnings
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from PIL import __version__ as pillow

from brickwork.data.dataset import Dataset
from brickwork.errors import BrickworkError, require
from brickwork.evaluation.data import as_model_file
from brickwork.evaluation.logits import preprocessing_of
from brickwork.exporting.choose import measure_choices
from brickwork.exporting.formats import Format, format_named
from brickwork.exporting.graph import BatchGraph, ImageGraph, batch_graph, image_graph, trace
from brickwork.exporting.int8.images import find_int8_images
from brickwork.exporting.int8.judge import check_budget
from brickwork.exporting.int8.quantization import Progress, Quantization
from brickwork.exporting.parity.prove import Candidate, latency, prove
from brickwork.exporting.parity.reference import make_reference, torch_logits
from brickwork.exporting.parity.samples import Samples, find_samples
from brickwork.exporting.parity.sheet import ParitySheet, versions
from brickwork.exporting.parity.text import KINDS, sheet_text
from brickwork.files import write_whole
from brickwork.model import ModelFile, lower
from brickwork.network import to_json
from brickwork.runtime.choice import BF16, EngineChoices, choices_path
from brickwork.runtime.document import ExportDocument
from brickwork.runtime.engines import check_precisions

MAX_DROP = 0.5  # points of accuracy that int8 may cost


@dataclass(frozen=True, repr=False)
class Export:
    """An exported model: its files, and the parity sheet that proves it."""

    path: Path
    files: tuple[Path, ...]  # all that was written
    sheet: ParitySheet
    choices: EngineChoices | None = None  # the engines' times, where they were measured

    def __repr__(self) -> str:
        return f"Export({str(self.path)!r:.160}, {self.sheet!r})"


def export(
    model: ModelFile | str | Path,
    to: str = "onnx",
    out: str | Path | None = None,
    *,
    with_preprocessing: bool = False,
    data: Dataset | str | Path | None = None,
    allow: Collection[str] = (),
    int8: bool = False,
    max_drop: float = MAX_DROP,
    choose: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Export:
    """Exports a model to ONNX, OpenVINO or torch's PT2, beside a parity sheet that proves it.

    The file takes bytes, N x C x H x W at the network's size, and gives logits and probabilities; it is written as
    `out`, or beside the model file under its name. With preprocessing there is a second file, model.image.onnx, that
    takes one image of any size, height x width x C, and resizes it as Pillow does. Every engine that is installed is
    compared with torch on images of the validation split of `data`, or of what the model's record names, or where
    that is not at hand on generated ones. `allow=["bf16"]` shows OpenVINO's bfloat16 on the sheet, too.

    `int8` computes in 8 bits: ranges are of training images, and the file is refused where the accuracy that it loses
    on the validation images may be more than `max_drop` points, by the upper end of its paired 95 % interval; layers
    that cost too much stay in float. `choose` times the engines at batch 1, 8 and 32, and stores the times beside the
    file, for `predict` and `runtime.load` to take the fastest. Raises BrickworkError, and leaves no file, where an
    engine differs by more than float32 does, where a file of that name is there and not `force`, and where a package
    is missing.
    """
    kind, tell = format_named(to), progress or silent
    target = place_of(model, out, kind)
    shown = check_allowed(allow)
    if int8:
        check_int8(kind, with_preprocessing, max_drop)
    if choose:
        check_choose(kind)
    check_target(kind, target, with_preprocessing, force, model, choose)
    file = detach(as_model_file(model))
    tell("reading images")
    samples = find_samples(file, preprocessing_of(file), data)
    with TemporaryDirectory(prefix="brickwork-export-") as folder:
        images = find_int8_images(file, data, Path(folder)) if int8 else None
        candidate = write_candidate(file, samples, kind, Path(folder) / target.name, with_preprocessing, int8, tell)
        sheet = make_sheet(candidate, samples, shown, tell)
        if images:
            quantization = Quantization(candidate, describe(file, kind, resizing=False), images, float(max_drop), tell)
            candidate, of_int8, rows = quantization.run()
            sheet = replace(sheet, engines=rows, int8=of_int8)
        choices = choose_engines(candidate, shown, tell) if choose else None
        files = publish(candidate, target, sheet, choices)
    return Export(target, files, sheet, choices)


def silent(news: str) -> None:
    """Nobody listens."""


def detach(file: ModelFile) -> ModelFile:
    """A copy whose model is on the CPU and in evaluation mode: the caller's stays as it is."""
    return replace(file, model=copy.deepcopy(file.model).cpu().float().eval())


def place_of(model: ModelFile | str | Path, out: str | Path | None, kind: Format) -> Path:
    """Where the file is written; raises BrickworkError for an ending that is another format's."""
    if out is None:
        if isinstance(model, ModelFile):
            return Path(model.model.network.name).with_suffix(kind.ending)
        path = Path(model)
        return (path / "model.safetensors" if path.is_dir() else path).with_suffix(kind.ending)
    path = Path(out).expanduser()
    path = path / f"model{kind.ending}" if path.is_dir() else path
    if path.suffix != kind.ending:
        raise BrickworkError(f"{path}: a file of {kind.name} has a name that ends in {kind.ending}.")
    return path


def check_allowed(allow: Collection[str]) -> tuple[str, ...]:
    """The precisions that are allowed; raises BrickworkError for one that no engine of a sheet computes in."""
    for precision in (words := check_precisions(allow)):
        if precision != BF16:
            raise BrickworkError(f"{precision} is no precision of an engine here: export --int8 writes a file in it.")
    return tuple(words)


def check_int8(kind: Format, with_preprocessing: bool, max_drop: float) -> None:
    """Raises BrickworkError where a quantisation cannot be made, before anything is computed for it."""
    check_budget(max_drop)
    if not kind.in_runtime:
        raise BrickworkError(f"int8 is for onnx and openvino, not for {kind.name}.")
    if with_preprocessing:
        raise BrickworkError("int8 is for the file that takes batches: export --with-preprocessing without --int8.")
    if kind.name == "openvino":
        require("nncf", "int8", "export --int8 to openvino")


def check_choose(kind: Format) -> None:
    """Raises BrickworkError for a format that brickwork's runtime does not read."""
    if not kind.in_runtime:
        raise BrickworkError(f"--choose is for onnx and openvino: {kind.name} is run by torch alone.")


def resizing_path(path: Path) -> Path:
    """The file whose graph resizes, beside the one that takes batches: model.image.onnx beside model.onnx."""
    return path.with_suffix(f".image{path.suffix}")


def sheet_paths(path: Path) -> list[Path]:
    """The parity sheet of a file, for programs and for people."""
    return [path.with_name(f"{path.name}.parity{ending}") for ending in (".json", ".txt")]


def written_files(kind: Format, path: Path, with_preprocessing: bool, choose: bool = False) -> list[Path]:
    """All files of an export, sheets included; the one that is named comes last."""
    further = kind.files(resizing_path(path)) if with_preprocessing else []
    return [
        *further,
        *sheet_paths(path),
        *([choices_path(path)] if choose else []),
        *kind.files(path),
    ]


def check_target(
    kind: Format,
    path: Path,
    with_preprocessing: bool,
    force: bool,
    model: ModelFile | str | Path,
    choose: bool = False,
) -> None:
    """Raises BrickworkError where the files cannot be written, before anything is computed for them."""
    if not path.parent.is_dir():
        raise BrickworkError(f"{path}: there is no folder {path.parent} to write it to: make it first.")
    for each in written_files(kind, path, with_preprocessing, choose):
        if each.is_dir():
            raise BrickworkError(f"{each} is a folder: name another file.")
        if each.exists() and not isinstance(model, ModelFile) and Path(model).exists() and each.samefile(model):
            raise BrickworkError(f"{each} is what is exported, and is not written over: name another file.")
        if (each.exists() or each.is_symlink()) and not force:
            raise BrickworkError(f"{each} is there already: name another file, or write over it with --force.")


def write_candidate(
    file: ModelFile, samples: Samples, kind: Format, path: Path, with_preprocessing: bool, int8: bool, tell: Progress
) -> Candidate:
    """Write an export into a folder of its own, where it is proven before anybody sees it.

    Where it is to be quantised it is lowered: batch norms are folded, so that they need no ranges of their own.
    """
    written = replace(file, model=lower(file.model)) if int8 else file
    graphs: dict[Path, BatchGraph | ImageGraph] = {path: batch_graph(written)}
    if with_preprocessing:
        graphs[resizing_path(path)] = image_graph(file)
    tell("computing the model's own answers in torch")
    reference = make_reference(file, samples.images)
    for place, graph in graphs.items():
        tell(f"writing {place.name}")
        write_graph(graph, describe(file, kind, resizing=place is not path), kind, place)
    return Candidate(kind, path, resizing_path(path) if with_preprocessing else None, reference)


def write_graph(graph: BatchGraph | ImageGraph, document: ExportDocument, kind: Format, path: Path) -> None:
    """Write one graph to its file; raises BrickworkError where the exporter cannot."""
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of what torch and the engines will change
            kind.write(trace(graph, document.preprocessing), document, path)
    except BrickworkError:
        raise
    except Exception as fault:  # exporters raise all sorts
        why = f"{type(fault).__name__}: {' '.join(str(fault).split())[:300]}"
        raise BrickworkError(f"{path.name} cannot be made: {why}") from None


def describe(file: ModelFile, kind: Format, resizing: bool) -> ExportDocument:
    """The document that travels in the file."""
    return ExportDocument(
        classes=file.classes,
        preprocessing=preprocessing_of(file),
        network=to_json(file.model.network),
        record=file.record,
        pillow=pillow,
        opset=kind.opset,
        resizing=resizing,
    )


def make_sheet(candidate: Candidate, samples: Samples, allow: tuple[str, ...], tell: Progress) -> ParitySheet:
    """The proof, and its parity sheet; raises BrickworkError where the proof fails."""
    rows, reference = prove(candidate, allow, tell), candidate.reference
    return ParitySheet(
        network=reference.file.model.network.name,
        file=candidate.path.name,
        format=candidate.format.name,
        opset=candidate.format.opset,
        source=samples.source,
        images={kind: samples.count(kind) for kind in KINDS},  # type: ignore[arg-type]
        engines=rows,
        latency=latency(lambda: torch_logits(reference.file, reference.pixels[:1])),
        versions=versions(),
    )


def choose_engines(candidate: Candidate, allow: tuple[str, ...], tell: Progress) -> EngineChoices:
    """The times of every engine and allowed precision."""
    tell("timing engines")
    return measure_choices(candidate.path, candidate.format, allow, candidate.reference.pixels)


def publish(
    candidate: Candidate, target: Path, sheet: ParitySheet, choices: EngineChoices | None = None
) -> tuple[Path, ...]:
    """Write all files to their places, the named one last; none stays where one cannot be written."""
    kind = candidate.format
    texts = (json.dumps(sheet.document(), indent=1, allow_nan=False), f"{sheet_text(sheet)}\n")
    contents = {path: text.encode() for path, text in zip(sheet_paths(target), texts, strict=True)}
    if choices:
        contents[choices_path(target)] = f"{choices.text()}\n".encode()
    for staged in filter(None, (candidate.resizing, candidate.path)):
        contents |= {target.with_name(each.name): each.read_bytes() for each in kind.files(staged)}
    done: list[Path] = []
    try:
        for path, content in contents.items():
            write_whole(path, content)
            done.append(path)
    except BaseException:
        for path in done:
            path.unlink(missing_ok=True)
        raise
    return tuple(contents)
