"""The evaluate room: what a model file says about a data set, and about single images."""

from brickwork.evaluation.metrics.calibration import Calibration, Threshold, calibrate, calibration_of, fit_temperature
from brickwork.evaluation.metrics.intervals import Estimate
from brickwork.evaluation.metrics.slices import Slice
from brickwork.evaluation.prediction import UNSURE, Guess, Prediction, predict, threshold_for
from brickwork.evaluation.report.report import ClassReport, Confused, Confusion, Report, Scored
from brickwork.evaluation.scoring import evaluate

__all__ = [
    "UNSURE",
    "Calibration",
    "ClassReport",
    "Confused",
    "Confusion",
    "Estimate",
    "Guess",
    "Prediction",
    "Report",
    "Scored",
    "Slice",
    "Threshold",
    "calibrate",
    "calibration_of",
    "evaluate",
    "fit_temperature",
    "predict",
    "threshold_for",
]
