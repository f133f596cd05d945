"""Short forms of the scripts in benchmarks/reliability."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RELIABILITY = Path(__file__).parents[2] / "benchmarks" / "reliability"


def printed(script: str, *arguments: str) -> str:
    """What a script prints; it leaves with 0 where everything it counts is as it should be."""
    done = subprocess.run(
        [sys.executable, str(RELIABILITY / script), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_training_that_is_killed_again_and_again_ends_with_the_same_weights() -> None:
    said = printed("kills.py", "--kills", "6", "--seed", "0")
    assert said.startswith("6 kills, ")


def test_every_flipped_bit_and_every_cut_of_a_checkpoint_is_seen() -> None:
    assert printed("damage.py", "--flips", "20", "--cuts", "10") == "20 of 20 flipped bits seen, 10 of 10 cuts seen\n"


def may_mount() -> bool:
    """Whether a tmpfs can be mounted here, as root or in a namespace of one's own."""
    words = ["sh", "-c", "mount -t tmpfs tmpfs /mnt && umount /mnt"]
    if os.geteuid() != 0:
        words = ["unshare", "--map-root-user", "--mount", *words]
    return bool(shutil.which(words[0])) and subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="no tmpfs can be mounted here")
def test_a_full_disk_is_told_and_leaves_the_last_checkpoint_whole() -> None:
    assert printed("full_disk.py", "--times", "1").startswith("1 of 1 trainings met a full disk, 1 said so")
