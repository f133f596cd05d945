"""Damages checkpoint files, bit by bit and by cutting them, and looks whether each damage is seen.

    python benchmarks/reliability/damage.py [--flips 100] [--cuts 50] [--seed 0]

Half of the damage is done to the file of the tensors, half to the file of the sum. Damage is seen where that checkpoint
is refused, and the one before it is taken in its place.
"""

import argparse
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import small

from brickwork.training.run.checkpoint import Checkpoints

Harm = Callable[[bytes, random.Random], bytes]


def flipped(content: bytes, chance: random.Random) -> bytes:
    """One bit is another."""
    changed = bytearray(content)
    changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(content: bytes, chance: random.Random) -> bytes:
    """The end is missing, or everything."""
    return content[: chance.randrange(len(content))]


def seen(checkpoints: Checkpoints, harm: Harm, times: int, chance: random.Random) -> int:
    """How many of so many damages to the last checkpoint are seen; each is mended again."""
    before, last = checkpoints.steps()[-2:]
    found = 0
    for number in range(times):
        path = checkpoints.path(last).with_suffix((".safetensors", ".sha256")[number % 2])
        whole = path.read_bytes()
        path.write_bytes(harm(whole, chance))
        state, said = checkpoints.latest()
        found += bool(state and state.step == before and len(said) == 1 and str(checkpoints.path(last)) in said[0])
        path.write_bytes(whole)
    state, said = checkpoints.latest()
    assert state
    assert (state.step, said) == (last, [])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=int, default=100)
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        assert not small.waited(
            small.child(small.words(small.images(Path(folder) / "data"), out), Path(folder) / "log")
        )
        checkpoints = Checkpoints(out / "checkpoints")
        flips = seen(checkpoints, flipped, arguments.flips, chance)
        cuts = seen(checkpoints, cut, arguments.cuts, chance)
    print(f"{flips} of {arguments.flips} flipped bits seen, {cuts} of {arguments.cuts} cuts seen")
    raise SystemExit(0 if (flips, cuts) == (arguments.flips, arguments.cuts) else 1)


if __name__ == "__main__":
    main()
