"""Evaluation: what a model file scores on a data set, and what it predicts for single images."""

from brickwork.evaluation.metrics.calibration import calibrate, fit_temperature
from brickwork.evaluation.metrics.intervals import Estimate
from brickwork.evaluation.metrics.slices import Slice
from brickwork.evaluation.prediction import UNSURE, Guess, Prediction, iter_predictions, predict
from brickwork.evaluation.report.report import ClassReport, ConfusedPair, Confusion, Report, ScoredImage
from brickwork.evaluation.scoring import evaluate
from brickwork.runtime.calibration import Calibration, Threshold, calibration_of, threshold_for

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
