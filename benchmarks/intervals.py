"""Whether 95 % intervals hold the true value in 95 % of cases: test sets drawn from a population that is known whole.

    PYTHONPATH=src python benchmarks/intervals.py [SETS]

A population has 100,000 images of 10 classes in three sizes: logits, and labels drawn from their softmax at a
temperature: 1 where the model's confidence is right, 1.6 where it is too high, 0.7 where it is too low. Its own
numbers are the true ones. Test sets of 300 and of 1,000 images are drawn from it and evaluated as `brickwork evaluate`
does. "within" says whether the share of intervals that hold the truth is 95 % but for chance, which is 1.96 times
sqrt(0.95 * 0.05 / SETS): numbers of one set, as the precisions of its classes, are no sets of their own. Where all
intervals are what they say, one row in twenty is outside.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from brickwork.network.columns import RULE, Row, format_columns
from population import counted, error


def main(sets: int) -> None:
    began = time.perf_counter()
    print(f"{sets} test sets each; chance allows 95 % +- {error(sets):.1%}\n")
    rows: list[Row] = [("temperature", "images", "number", "inside", "of", "share", "within"), RULE]
    for temperature in (1.0, 1.6, 0.7):
        for n in (300, 1000):
            for name, (inside, every) in counted(temperature, n, sets).items():
                share = inside / every
                within = "yes" if abs(share - 0.95) <= error(sets) else "NO, too few" if share < 0.95 else "more"
                rows.append((f"{temperature:g}", f"{n:,}", name, str(inside), str(every), f"{share:.1%}", within))
    print("\n".join(format_columns(rows, ">><>>><")))
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
