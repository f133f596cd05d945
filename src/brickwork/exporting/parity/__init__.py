"""Parity: what was exported against the model itself, on real images."""
