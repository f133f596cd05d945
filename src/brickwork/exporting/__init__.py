"""Exporting: a model as a file for other engines, beside a parity sheet that proves it."""

from brickwork.exporting.exporter import Export, export
from brickwork.exporting.parity.sheet import ParitySheet

__all__ = ["Export", "ParitySheet", "export"]
