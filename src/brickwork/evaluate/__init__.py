"""The evaluate room: what a model file says about a data set, and about single images."""

from brickwork.evaluate.answers import UNSURE, Guess, Prediction, answered_by, predict
from brickwork.evaluate.calibration import Answered, Calibration, calibrate, calibration_of, fit_temperature
from brickwork.evaluate.intervals import Estimate
from brickwork.evaluate.report import ClassReport, Confused, Confusion, Report, Scored
from brickwork.evaluate.scoring import evaluate
from brickwork.evaluate.slices import Slice

__all__ = [
    "UNSURE",
    "Answered",
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
    "answered_by",
    "calibrate",
    "calibration_of",
    "evaluate",
    "fit_temperature",
    "predict",
]
