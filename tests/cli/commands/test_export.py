"""What `export` prints and writes."""

from pathlib import Path

import torch

from shell import Ask, commands_typed  # noqa: F401
