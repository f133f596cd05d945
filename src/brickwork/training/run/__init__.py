"""The run folder: checkpoints, metrics, trackers."""
