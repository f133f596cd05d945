"""Engines without their telemetry: ONNX Runtime keeps a database of its use, OpenVINO calls Google Analytics."""

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
    if "openvino" in sys.modules or REPORTS in sys.modules:
        return import_module("openvino")
    sys.modules[REPORTS] = None  # type: ignore[assignment]  # as if it were not installed
    try:
        return import_module("openvino")
    finally:
        del sys.modules[REPORTS]
