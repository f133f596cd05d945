"""Engines without telemetry: ONNX Runtime keeps a database of its use, OpenVINO and NNCF call Google Analytics."""

import logging
import os
import sys
from importlib import import_module
from typing import Any

REPORTS = "openvino_telemetry"  # the module by which OpenVINO tells of its import, from a process of its own


def import_onnxruntime() -> Any:
    """ONNX Runtime, which writes nothing into the home folder; raises ImportError where it is not installed."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    return import_module("onnxruntime")


def import_openvino() -> Any:
    """OpenVINO, which does without the module of its reports; raises ImportError where it is not installed."""
    return import_without_reports("openvino")


def import_nncf() -> Any:
    """NNCF, which does without the module of its reports, too; raises ImportError where it is not installed.

    It would also tell every program's loggers to be of its own class, and print its news.
    """
    loggers = logging.getLoggerClass()
    try:
        nncf = import_without_reports("nncf")
    finally:
        logging.setLoggerClass(loggers)
    logging.getLogger("nncf").setLevel(logging.ERROR)
    return nncf


def import_without_reports(name: str) -> Any:
    """A module that is imported as if that of the reports were not installed; at its first import it decides."""
    if name in sys.modules or REPORTS in sys.modules:
        return import_module(name)
    sys.modules[REPORTS] = None  # type: ignore[assignment]
    try:
        return import_module(name)
    finally:
        del sys.modules[REPORTS]
