"""`python -m brickwork` and the console script."""

import os
import sys


def main() -> int:
    os.environ["PYTHONSAFEPATH"] = "1"  # no process that is started from here runs files of the current folder
    from brickwork.cli.shell import run  # after the current folder is no place to import from
    from brickwork.machine import wait_passively

    wait_passively()
    return run(sys.argv[1:])


def drop_current_folder() -> None:
    """Takes the current folder, which `python -m` puts first, out of the places to import from, but our own source's.

    What Python itself imports before it comes here, it still looks for there: `python -P -m brickwork` does not.
    """
    here, source = os.path.realpath(os.curdir), os.path.realpath(os.path.join(__file__, "..", ".."))
    if sys.path and os.path.realpath(sys.path[0]) == here != source:
        del sys.path[0]


if __name__ == "__main__":
    drop_current_folder()
    sys.exit(main())
