"""Prediction from an exported model, without torch: the document inside its file, calibration, inputs, sessions."""

from brickwork.runtime.document import ExportDocument
from brickwork.runtime.engines import load
from brickwork.runtime.exported import is_exported
from brickwork.runtime.session import Session

__all__ = ["ExportDocument", "Session", "is_exported", "load"]
