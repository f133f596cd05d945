"""Metrics with their intervals: accuracy, calibration, reliability, slices."""
