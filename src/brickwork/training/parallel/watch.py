"""A process of a training ends with its launcher, however that ended."""

import os
import signal
import threading

WATCHED = "BRICKWORK_WATCHED"  # set where standard input ends when the launcher does


def leave_with_launcher() -> None:
    """Has this process, if it has a launcher, end when that is gone."""
    if not os.environ.pop(WATCHED, ""):
        return

    def wait() -> None:
        os.read(0, 1)  # not sys.stdin, whose lock Python wants when it ends
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()
