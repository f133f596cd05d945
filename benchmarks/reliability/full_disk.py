"""Lets the disk run full under a training, and looks whether its last checkpoint is whole and it can go on.

    python benchmarks/reliability/full_disk.py [--times 10] [--seed 0]

The run's folder is a tmpfs, which needs the right to mount one (root, or a user namespace: unshare --map-root-user
--mount). After a random number of checkpoints the rest of the disk is taken but for less than a checkpoint needs; the
command must then leave with exit code 2 and a message that names the file, the reason and the last checkpoint. Once
the room is free again the run goes on, to the weights of a run that was not disturbed.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import small
from kills import last_step, undisturbed


@dataclass
class Count:
    """What has happened."""

    full: int = 0  # trainings that met a full disk
    told: int = 0  # of these, with the message that is expected
    whole: int = 0  # with the last checkpoint whole, and no older than before
    same: int = 0  # that went on to the weights of the run that was not disturbed


def fill(disk: Path, left: int, number: int) -> int:
    """Takes all of a disk but so many bytes, also what becomes free, for as long as a child runs; its exit code."""
    with (disk / "filler").open("wb", buffering=0) as file:
        while True:
            done, status = os.waitpid(number, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            room = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - left
            with suppress(OSError):
                file.write(bytes(max(0, room)))
            time.sleep(0.002)


def once(data: Path, disk: Path, chance: random.Random, expected: str, count: Count) -> None:
    out, log = disk / "run", data.parent / "full.log"
    log.unlink(missing_ok=True)
    number = small.child(small.words(data, out), log)
    wanted = chance.randrange(1, 12)
    end = time.perf_counter() + 60
    while last_step(out) < wanted and time.perf_counter() < end:
        time.sleep(0.005)
    before = last_step(out)
    code = fill(disk, chance.randrange(4096, 2_500_000), number)
    said = log.read_text()
    count.full += code == 2
    count.told += f"{disk}" in said and "No space left on device" in said and "--resume" in said
    count.whole += last_step(out) >= before
    (disk / "filler").unlink()
    code = small.waited(small.child(small.words(data, out), log))
    count.same += code == 0 and small.weights_of(out) == expected
    subprocess.run(["rm", "-rf", str(out)], check=True)


def filled(folder: Path, times: int, seed: int) -> Count:
    """The counts of so many trainings on a disk that runs full."""
    data, disk, count = small.images(folder / "data"), folder / "disk", Count()
    expected, _ = undisturbed(data, folder)
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=True)
    try:
        for number in range(times):
            once(data, disk, random.Random(seed + number), expected, count)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if os.geteuid() != 0:  # in a namespace of its own, where it may mount
        again = ["unshare", "--map-root-user", "--mount", sys.executable, *sys.argv]
        raise SystemExit(subprocess.run(again, check=False).returncode)
    with tempfile.TemporaryDirectory() as folder:
        count = filled(Path(folder), arguments.times, arguments.seed)
    print(f"{count.full} of {arguments.times} trainings met a full disk, {count.told} said so")
    print(f"{count.whole} last checkpoints whole, {count.same} went on to the weights of the undisturbed run")
    raise SystemExit(0 if {count.full, count.told, count.whole, count.same} == {arguments.times} else 1)


if __name__ == "__main__":
    main()
