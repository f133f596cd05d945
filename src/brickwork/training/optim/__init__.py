"""Optimizers, losses and averaged weights."""
