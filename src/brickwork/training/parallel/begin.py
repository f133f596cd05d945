"""How a training by several processes begins: its run folder, its launcher, and that all are about to do the same."""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from os.path import expanduser
from pathlib import Path

from brickwork.data.sources.open import is_contact
from brickwork.errors import BrickworkError
from brickwork.model import build
from brickwork.processes import sharing_notes
from brickwork.training.parallel.group import Group
from brickwork.training.parallel.launch import Launcher
from brickwork.training.plan import Plan
from brickwork.training.preflight import check_processes
from brickwork.training.result import Result, ended_result
from brickwork.training.run.folder import Run, check_empty, check_place, create_run, make_free, open_run
from brickwork.weights import load_initial


def choose_place(plan: Plan, out: str | Path | None, group: Group | None = None) -> Path:
    """The run folder: the one that is named, or the next free one in "runs"; raises BrickworkError where it is none."""
    if not out and group and group.size > 1:
        raise BrickworkError("processes that are started together need a run folder that a restart finds: name --out.")
    path = Path(expanduser(out)) if out else make_free(Path("runs"), plan.network.name, plan.dataset.name)
    check_place(path, plan.dataset)
    if not os.path.lexists(path / ".lock"):  # where there is one, who holds it is told first
        check_empty(Run(path, plan.title), plan.recipe)
    return path


def leading(group: Group, run: Run) -> AbstractContextManager[None]:
    """The run folder's lock, which the leader of a group holds for all."""
    return run.lock() if group.leads else nullcontext()


def check_agreement(group: Group, plan: Plan) -> None:
    """Raises BrickworkError where the processes of a group are not about to train the same."""
    document = json.dumps({**plan.document(()), "recipe": asdict(plan.recipe)}, sort_keys=True)
    others = group.values((document, plan.dataset.classes, [len(split) for split in plan.dataset.splits.values()]))
    if any(other != others[0] for other in others):
        raise BrickworkError(
            f"process {group.rank} of {group.size} was not given the same network, data and recipe as the others."
        )


def share_plan(plan: Plan, nproc: int) -> Plan:
    """The plan with a micro-batch for each of so many processes, where it says nothing of micro-batches.

    Raises BrickworkError where some would have none.
    """
    if plan.recipe.accumulate == 1 < nproc:
        note = f"{nproc} processes take a micro-batch each: as with --accumulate {nproc} in one process."
        plan = replace(plan, recipe=replace(plan.recipe, accumulate=nproc), notes=(*plan.notes, note))
    check_processes(plan.recipe, nproc)
    return plan


def create_plan_run(plan: Plan, out: str | Path | None, track: Sequence[str]) -> Run:
    """The run folder that several processes are about to train in, as if a training in it had been stopped."""
    run = Run(choose_place(plan, out), plan.title)
    with run.lock():
        create_run(run, plan.recipe, plan.document(track))
    if plan.recipe.weights:  # of a run alone, the processes fetch nothing
        load_initial(build(plan.network), plan.recipe.weights)
    return run


def launch_plan(
    plan: Plan,
    out: str | Path | None,
    track: Sequence[str],
    nproc: int,
    max_restarts: int,
    words: Sequence[str] = (),
    tell: Callable[[str], None] = print,
) -> Launcher:
    """The launcher of a plan's training by several processes, whose run folder it makes."""
    plan = share_plan(plan, nproc)
    run = create_plan_run(plan, out, track)
    for note in (*plan.notes, *sharing_notes(nproc)):
        tell(note)
    words = [*words, *(word for name in track for word in ("--track", name))]
    words += ["--data", plan.dataset.source] if is_contact(plan.dataset.source) else []
    return Launcher(run, nproc, words, plan.recipe.threads, max_restarts, tell)


def launch_resume(
    path: Path, nproc: int, max_restarts: int, words: Sequence[str] = (), tell: Callable[[str], None] = print
) -> Launcher:
    """The launcher that resumes the training in a run folder by several processes."""
    run, recipe, _ = open_run(path)
    check_processes(recipe, nproc)
    for note in sharing_notes(nproc):
        tell(note)
    return Launcher(run, nproc, words, recipe.threads, max_restarts, tell)


def launch_result(run: Run, code: int) -> Result:
    """The result of a run whose processes have ended with an exit code; raises BrickworkError where it has none."""
    if result := ended_result(run):
        return result
    if code < 128:
        raise BrickworkError(f"{run.path}: the training has failed: see above.")
    return Result(run.path, None, None, 0.0, stopped=code - 128)
