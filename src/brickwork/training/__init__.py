"""Training: the trainer, its loop, checkpoints and run folders."""
