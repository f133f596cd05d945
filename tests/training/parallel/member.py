"""One process of several that train together: python member.py RANK SIZE FOLDER PLANS

PLANS is JSON: of each training its name, its network, its data and its recipe's fields. Each is trained in FOLDER/NAME.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from brickwork.training.train import train


def main(rank: int, size: int, folder: Path, plans: list[tuple[str, str, str, dict[str, Any]]]) -> None:
    for name, network, data, fields in plans:
        meeting = (folder / f"{name}.meeting").as_uri()
        os.environ.update(RANK=str(rank), WORLD_SIZE=str(size), LOCAL_RANK=str(rank), BRICKWORK_RENDEZVOUS=meeting)
        train(network, data, out=folder / name, progress=False, **{**fields, "input": tuple(fields["input"])})


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), json.loads(sys.argv[4]))
