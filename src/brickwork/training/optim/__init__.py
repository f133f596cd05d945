"""Optimizers, losses and EMA."""
