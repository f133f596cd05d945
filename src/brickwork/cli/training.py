"""How `brickwork train` has a plan trained or a run resumed: in this process, by several, or on a Ray cluster."""

from pathlib import Path
from typing import TYPE_CHECKING

from brickwork.cli.output import notify
from brickwork.cli.progress import training_progress

if TYPE_CHECKING:
    from brickwork.network import Layer
    from brickwork.training.plan import Plan
    from brickwork.training.result import Result


def train_plan(plan: "Plan", out: Path | None, track: tuple[str, ...]) -> "Result":
    from brickwork.training.events import with_logging
    from brickwork.training.train import run_plan

    with training_progress() as listener:
        return run_plan(plan, out, with_logging(listener), track)


def train_plan_on_ray(
    plan: "Plan", data: str, out: Path | None, track: tuple[str, ...], nproc: int, max_restarts: int
) -> "Result":
    """Trains by several processes of a Ray cluster."""
    from brickwork.training.events import with_logging
    from brickwork.training.parallel.ray import check_shared, train_on_ray

    check_shared(data=data, out=out)
    with training_progress() as listener:
        return train_on_ray(plan, out, track, nproc, max_restarts, with_logging(listener))


def resume_run_on_ray(
    run: Path,
    nproc: int,
    max_restarts: int,
    data: str | None,
    own: "tuple[type[Layer], ...]",
    track: tuple[str, ...],
) -> "Result":
    """Resumes by several processes of a Ray cluster."""
    from brickwork.training.events import with_logging
    from brickwork.training.parallel.ray import check_shared, resume_on_ray

    check_shared(data=data, resume=run)
    with training_progress() as listener:
        return resume_on_ray(run, nproc, max_restarts, with_logging(listener), data, own, track)


def train_processes(
    plan: "Plan", out: Path | None, track: tuple[str, ...], nproc: int, max_restarts: int, words: list[str]
) -> int:
    """Trains by several processes; gives their exit code."""
    from brickwork.training.parallel.begin import launch_plan

    return launch_plan(plan, out, track, nproc, max_restarts, words, notify).launch()


def resume_processes(run: Path, nproc: int, max_restarts: int, words: list[str]) -> int:
    """Resumes by several processes; gives their exit code."""
    from brickwork.training.parallel.begin import launch_resume

    return launch_resume(run, nproc, max_restarts, words, notify).launch()


def resume_run(run: Path, data: str | None, own: "tuple[type[Layer], ...]", track: tuple[str, ...]) -> "Result":
    from brickwork.training.train import resume

    with training_progress() as listener:
        return resume(run, listener=listener, data=data, own=own, track=track)
