"""Prediction from an exported model, without torch: the document inside its file, calibration, inputs, sessions."""
