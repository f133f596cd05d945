"""Shards at scale: their contents, read once and kept, and pieces of them that one request reads."""
