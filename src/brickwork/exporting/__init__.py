"""Exporting: a model as a file for other engines, beside a parity sheet that proves it."""
