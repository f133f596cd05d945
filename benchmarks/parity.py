"""Our logits beside torchvision's and timm's, with the same random weights, for every network that both have.

    PYTHONPATH=src python benchmarks/parity.py [PATTERN]

Weights go through files, theirs into our model and ours into their model with strict=True, at two input sizes. The
difference is the largest of the four, relative to the largest logit; "equal" says that all are equal to the last bit.
"""

import sys
import time
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

import timm
import torch
import torchvision

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from peers import parities, shared, sizes


def main(pattern: str = "*") -> None:
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, timm {timm.__version__}, CPU")
    print(f"{'network':34} {'library':12} {'there':26} {'sizes':9} {'difference':>10}  equal")
    began = time.perf_counter()
    for row, library in shared():
        if fnmatch(row.network, pattern):
            with TemporaryDirectory() as folder:
                found = list(parities(row, library, sizes(row), Path(folder)))
            words = f"{row.network:34} {library:12} {getattr(row, library):26} {'/'.join(map(str, sizes(row))):9}"
            largest = max(each.difference for each in found)
            print(f"{words} {largest:10.1e}  {'yes' if all(each.equal for each in found) else 'no'}", flush=True)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
