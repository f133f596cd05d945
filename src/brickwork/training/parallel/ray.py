"""Training on a Ray cluster: Ray Train starts the processes, and starts all again when one dies."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os.path import abspath, expanduser, isabs
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from brickwork.data.sources.open import is_contact
from brickwork.errors import BrickworkError, first_line
from brickwork.loader.note import Note
from brickwork.network import Layer
from brickwork.ray_cluster import RayCluster, is_named, join_cluster
from brickwork.training.events import Listener
from brickwork.training.parallel.begin import create_plan_run, share_plan
from brickwork.training.parallel.launch import GRACE
from brickwork.training.plan import Plan
from brickwork.training.preflight import check_processes
from brickwork.training.result import Result
from brickwork.training.run.folder import Run, open_run
from brickwork.training.signals import Stopped, handle_signals

if TYPE_CHECKING:
    from brickwork.training.parallel.worker import Order

WAIT = 0.5  # seconds that are waited for news
TRAIN = "RAY_TRAIN_"  # how Ray Train's own settings begin
SETTINGS = "BRICKWORK_"  # how the variables begin that all processes have as the command has them


def train_on_ray(
    plan: Plan, out: str | Path | None, track: Sequence[str], nproc: int, restarts: int, listener: Listener
) -> Result:
    """Trains a plan by so many processes of a Ray cluster, in a run folder that all of its machines see."""
    if is_named() and not out:
        raise BrickworkError("on a Ray cluster the run folder is named: --out, an absolute path that all machines see.")
    plan = share_plan(plan, nproc)
    with join_cluster() as cluster:
        cluster.share_cpus(nproc, plan.recipe.threads)  # where so many do not fit, no run folder is made
        run = create_plan_run(plan, abspath(expanduser(out)) if out else None, track)
        for note in plan.notes:
            listener(Note(note))
        kinds = {type(layer) for _, layer in plan.network.layers()}
        own = [kind for kind in kinds if not kind.__module__.startswith("brickwork.")]
        order = order_for(run, track, plan.dataset.source, own)
        return RayLauncher(cluster, nproc, restarts, listener, run, order).launch()


def resume_on_ray(
    path: Path,
    nproc: int,
    restarts: int,
    listener: Listener,
    data: str | None = None,
    own: Sequence[type[Layer]] = (),
    track: Sequence[str] = (),
) -> Result:
    """Resumes the training in a run folder by so many processes of a Ray cluster; `own` are your own layer classes."""
    run, recipe, _ = open_run(Path(abspath(path)))
    check_processes(recipe, nproc)
    with join_cluster() as cluster:
        return RayLauncher(cluster, nproc, restarts, listener, run, order_for(run, track, data, own)).launch()


def check_shared(**paths: str | Path | None) -> None:
    """Raises BrickworkError for a relative path on a cluster that the environment names: where its machines would look
    for it is not here. Words such as "fashion" and addresses are none.
    """
    for name, path in paths.items():
        if is_named() and path and not isabs(expanduser(path)) and (name != "data" or os.path.exists(expanduser(path))):
            raise BrickworkError(
                f"on a Ray cluster --{name} is an absolute path that all machines see, not {str(path)!r:.200}: "
                f"{abspath(expanduser(path))}, if they see it there."
            )


def order_for(run: Run, track: Sequence[str], data: str | None, own: Sequence[type[Layer]]) -> "Order":
    """What each process is told, but for what depends on the cluster."""
    from brickwork.training.parallel.worker import Order

    return Order(
        run.path,
        data if data and is_contact(data) else None,
        tuple(own),
        tuple(track),
        environment=tuple((name, value) for name, value in os.environ.items() if name.startswith(SETTINGS)),
    )


@dataclass(eq=False)
class RayLauncher:
    """Launcher of a run's training by `count` processes of a cluster."""

    cluster: RayCluster
    count: int
    restarts: int  # after which it gives up, if no checkpoint was written in between
    listener: Listener
    run: Run
    order: "Order"
    signal: int = 0  # the stop signal that came
    again: bool = False  # whether a second one came
    begins: int = 0
    fault: str = ""  # why Ray Train gave up
    outcome: Result | None = None
    mistake: str = ""
    told: float = 0.0  # when the processes were told to stop

    def launch(self) -> Result:
        """Runs the training to its end, and gives its result.

        Raises BrickworkError for a person's mistake, and where processes are lost again and again with no step taken;
        Stopped, where a stop signal came before the first step.
        """
        import ray

        from brickwork.training.parallel.worker import Mailbox

        _, recipe, _ = open_run(self.run.path)
        threads = self.cluster.share_cpus(self.count, recipe.threads)
        mailbox = ray.remote(num_cpus=0)(Mailbox).remote()
        self.order = replace(self.order, mailbox=mailbox, threads=threads, alone=self.cluster.ours)
        by_value(self.order.own)
        try:
            with handle_signals(self.forward):
                while self.attempt():
                    pass
        except ray.exceptions.RayError as fault:
            raise BrickworkError(f"{self.run.path}: the Ray cluster is gone: {first_line(fault)}") from None
        return self.settle()

    def attempt(self) -> bool:
        """Has Ray Train run the training, with its restarts, and hears the news meanwhile; whether to do so again."""
        import ray

        last = self.run.checkpoints.last_step()
        task = self.begin()
        while not self.is_over() and not ray.wait([task], timeout=0)[0]:
            self.hear(WAIT)
        self.hear(WAIT)
        self.fault = "" if self.is_over() else ending(task)
        ended = self.outcome or self.mistake or self.signal or not self.fault
        return not ended and self.run.checkpoints.last_step() > last

    def begin(self) -> Any:
        """The task that runs Ray Train: on the cluster, so that no thread of this process waits for it."""
        import ray

        from brickwork.training.parallel.worker import fit

        gpus = self.cluster.share_gpus(self.count)
        settings = {name: value for name, value in os.environ.items() if name.startswith(TRAIN)}
        task = ray.remote(num_cpus=0, max_retries=0, runtime_env={"env_vars": settings})(fit)
        return task.remote(self.order, self.count, self.restarts, gpus)

    def is_over(self) -> bool:
        """Whether nothing is waited for any more after a stop signal."""
        if self.again or not self.told:
            return self.again
        return not self.begins or time.monotonic() - self.told > GRACE

    def hear(self, seconds: float) -> None:
        """Takes the news, and hands a stop signal on to the processes."""
        import ray

        if self.signal and not self.told:
            self.told = time.monotonic()
            ray.get(self.order.mailbox.stop.remote(self.signal))
        for news in ray.get(self.order.mailbox.take.remote(seconds)):
            self.note(news)

    def note(self, news: object) -> None:
        from brickwork.training.parallel.worker import Begin, Mistake

        match news:
            case Begin():
                self.begins += 1
                if self.begins > 1:
                    self.listener(Note("a process was lost; all go on from the last checkpoint"))
            case Mistake(text):
                self.mistake = self.mistake or text
            case Result():
                self.outcome = news
            case event:
                self.listener(event)  # type: ignore[arg-type]

    def forward(self, number: int, frame: FrameType | None) -> None:
        """Remembers a stop signal, which `hear` hands on; after a second one nothing is waited for."""
        self.again, self.signal = bool(self.signal), number

    def settle(self) -> Result:
        """The result, or what stands in its way."""
        if self.mistake:
            raise BrickworkError(self.mistake)
        if self.outcome:
            return self.outcome
        if self.signal:
            raise Stopped(self.signal)
        raise BrickworkError(
            f"{self.run.path}: processes were lost, and {self.restarts} restarts have not brought it further: "
            f"{self.fault} 'brickwork train --resume {self.run.path}' goes on by one process."
        )


def by_value(kinds: Sequence[type]) -> None:
    """Has classes travel whole, as the files that they stand in are not there on other machines."""
    import sys

    from ray import cloudpickle

    for kind in kinds:
        if kind.__module__ != "__main__":
            cloudpickle.register_pickle_by_value(sys.modules[kind.__module__])


def ending(task: Any) -> str:
    """Why Ray Train gave up; empty where it did not."""
    import ray

    try:
        return str(ray.get(task))
    except (ray.exceptions.RayTaskError, ray.exceptions.WorkerCrashedError) as fault:
        return first_line(fault)
