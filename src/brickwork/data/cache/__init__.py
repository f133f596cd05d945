"""Decoded images kept for later: in memory, or in files of the cache folder."""
