"""Recipes: how to train, as a value and as TOML."""
