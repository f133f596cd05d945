"""Training: the Trainer, its loop, checkpoints and run folders."""
