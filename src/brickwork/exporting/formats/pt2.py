"""PT2: torch's own archive of an exported program, the document among its extra files."""

from pathlib import Path

import torch

from brickwork.runtime.document import KEY, ExportDocument


def write_pt2(program: torch.export.ExportedProgram, document: ExportDocument, path: Path) -> None:
    """Write a graph as an archive that `torch.export.load` reads."""
    with path.open("wb") as file:
        torch.export.save(program, file, extra_files={f"{KEY}.json": document.text()})
