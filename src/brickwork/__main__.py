"""`python -m brickwork` and the console script."""

import sys

from brickwork.cli.shell import run
from brickwork.machine import wait_passively


def main() -> int:
    wait_passively()
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
