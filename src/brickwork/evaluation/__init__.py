"""Evaluation: what a model file scores on a data set, and what it predicts for single images.

A name is fetched when it is first asked for: prediction by an exported model does without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brickwork.evaluation.metrics.calibration import calibrate, fit_temperature
    from brickwork.evaluation.metrics.intervals import Estimate
    from brickwork.evaluation.metrics.slices import Slice
    from brickwork.evaluation.prediction import iter_predictions, predict
    from brickwork.evaluation.report.report import ClassReport, ConfusedPair, Confusion, Report, ScoredImage
    from brickwork.evaluation.scoring import evaluate
    from brickwork.runtime.calibration import Calibration, Threshold, calibration_of, threshold_for
    from brickwork.runtime.prediction import UNSURE, Guess, Prediction

__all__ = [
    "UNSURE",
    "Calibration",
    "ClassReport",
    "ConfusedPair",
    "Confusion",
    "Estimate",
    "Guess",
    "Prediction",
    "Report",
    "ScoredImage",
    "Slice",
    "Threshold",
    "calibrate",
    "calibration_of",
    "evaluate",
    "fit_temperature",
    "iter_predictions",
    "predict",
    "threshold_for",
]

_MODULES = {  # the module that each name is fetched from
    "brickwork.evaluation.metrics.calibration": ("calibrate", "fit_temperature"),
    "brickwork.evaluation.metrics.intervals": ("Estimate",),
    "brickwork.evaluation.metrics.slices": ("Slice",),
    "brickwork.evaluation.prediction": ("iter_predictions", "predict"),
    "brickwork.evaluation.report.report": ("ClassReport", "ConfusedPair", "Confusion", "Report", "ScoredImage"),
    "brickwork.evaluation.scoring": ("evaluate",),
    "brickwork.runtime.calibration": ("Calibration", "Threshold", "calibration_of", "threshold_for"),
    "brickwork.runtime.prediction": ("UNSURE", "Guess", "Prediction"),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A name of this room, from its module, which is imported when it is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
