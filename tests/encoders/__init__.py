"""Encoded images made by the tests themselves, each with the samples that were written."""
