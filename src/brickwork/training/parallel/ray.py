"""Training on a Ray cluster: Ray Train starts the processes, and starts all again when one dies."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os.path import abspath, expanduser, isabs
from pathlib import Path
from shutil import rmtree
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING, Any

from brickwork.data.sources.open import is_contact
from brickwork.errors import BrickworkError, first_line
from brickwork.loader.note import Note
from brickwork.network import Layer
from brickwork.ray_cluster import RayCluster, is_named, join_cluster
from brickwork.training.events import Listener
from brickwork.training.parallel.begin import create_plan_run, share_plan
from brickwork.training.parallel.group import PATIENCE, backend
from brickwork.training.parallel.launch import GRACE
from brickwork.training.plan import Plan
from brickwork.training.preflight import check_processes
from brickwork.training.result import Result
from brickwork.training.run.folder import Run, open_run
from brickwork.training.signals import Stopped, handle_signals

if TYPE_CHECKING:
    from brickwork.training.parallel.worker import Order

WAIT = 0.5  # seconds that are waited for news
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
    fault: Exception | None = None  # why Ray Train gave up
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
        self.fault, last = None, self.run.checkpoints.last_step()
        thread = Thread(target=self.fit, daemon=True)
        thread.start()
        while thread.is_alive() and not self.is_over():
            self.hear(WAIT)
        self.hear(WAIT)
        ended = self.outcome or self.mistake or self.signal or not self.fault
        return not ended and self.run.checkpoints.last_step() > last

    def fit(self) -> None:
        """Runs Ray Train, outside of the main thread, where it would take Ctrl-C for its own."""
        folder = self.run.path / "ray"
        try:
            self.trainer(folder).fit()
        except Exception as fault:  # whatever Ray raises
            self.fault = fault
        rmtree(folder, ignore_errors=True)

    def trainer(self, storage: Path) -> Any:
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig, TorchTrainer

        from brickwork.training.parallel.worker import train_worker

        gpus = self.cluster.share_gpus(self.count)
        resources = {"CPU": self.order.threads, **({"GPU": gpus} if gpus else {})}
        failures = FailureConfig(max_failures=self.restarts, controller_failure_limit=1)
        return TorchTrainer(
            train_worker,
            train_loop_config=self.order,
            torch_config=TorchConfig(backend=backend(cuda=bool(gpus)), timeout_s=int(PATIENCE.total_seconds())),
            scaling_config=ScalingConfig(num_workers=self.count, use_gpu=bool(gpus), resources_per_worker=resources),
            run_config=RunConfig(name=f"{time.time_ns()}", storage_path=str(storage), failure_config=failures),
        )

    def is_over(self) -> bool:
        """Whether nothing is waited for any more after a stop signal."""
        if not self.signal:
            return False
        return self.again or not self.begins or time.monotonic() - self.told > GRACE

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
            f"{last_words(self.fault)} 'brickwork train --resume {self.run.path}' goes on by one process."
        )


def by_value(kinds: Sequence[type]) -> None:
    """Has classes travel whole, as the files that they stand in are not there on other machines."""
    import sys

    from ray import cloudpickle

    for kind in kinds:
        if kind.__module__ != "__main__":
            cloudpickle.register_pickle_by_value(sys.modules[kind.__module__])


def last_words(fault: Exception | None) -> str:
    """What a process said last, or what became of it."""
    failures = getattr(fault, "worker_failures", None) or {}
    texts = [str(failure).strip() for failure in failures.values()] or [first_line(fault) if fault else ""]
    return (texts[0].splitlines() or ["?"])[-1][:300]
