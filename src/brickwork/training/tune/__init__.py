"""Searches before a training: the learning rate and the batch size."""
