"""Training and resuming: from a network, a data set and a recipe to a model file in a run folder."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os.path import expanduser
from pathlib import Path
from typing import Any

import torch

from brickwork.data.dataset import Dataset
from brickwork.errors import BrickworkError, check_kind
from brickwork.evaluation.data import check_groups
from brickwork.loader.loader import Loader, open_loader
from brickwork.loader.note import Note
from brickwork.loader.prepare import Findings, Normalisation
from brickwork.machine import compute_threads, device
from brickwork.model import Model, build
from brickwork.network import Layer, Network, Shape, from_json
from brickwork.processes import check_nproc
from brickwork.ray_cluster import check_engine
from brickwork.recipe.published import RecipeChoice
from brickwork.recipe.recipe import Recipe
from brickwork.training.diagnose import explain_memory_errors
from brickwork.training.events import CoreAdvice, Event, Listener, silent, threads_to_advise_on, with_logging
from brickwork.training.freeze import check_freeze
from brickwork.training.loop import Loop, make_loop
from brickwork.training.parallel.begin import check_agreement, choose_place, launch_plan, launch_result, leading
from brickwork.training.parallel.group import Group, is_member, join_group
from brickwork.training.plan import Plan, make_plan
from brickwork.training.preflight import batch_norm_notes, check_batches, check_processes
from brickwork.training.progress import shown
from brickwork.training.result import Result, ended_result
from brickwork.training.resume import choose_trackers, last_checkpoint, open_again, other_data, with_window
from brickwork.training.run.checkpoint import State
from brickwork.training.run.folder import Run, create_run, open_run, write_plan
from brickwork.training.run.trackers import make_trackers
from brickwork.training.signals import StopSignal, stop_signal
from brickwork.training.trainer import Trainer
from brickwork.weights import load_initial
from brickwork.weights.create import check_fetched


def train(
    network: Network | str,
    data: Dataset | str | Path = "fashion",
    recipe: Recipe | RecipeChoice | str | Path = "default",
    *,
    out: str | Path | None = None,
    groups: str = "",
    input: Shape | None = None,
    progress: bool = True,
    listener: Listener | None = None,
    track: str | Sequence[str] = (),
    pretrained: bool = False,
    nproc: int = 1,
    max_restarts: int = 3,
    engine: str = "torch",
    **fields: Any,
) -> Result:
    """Trains a network and leaves the best epoch's model in a run folder, tested once.

    `network` is a value or a name ("resnet20[width=0.5]"), `data` a Dataset or what `open_data` takes, `recipe` a
    Recipe, a word ("default", "fast", "paper" ...) or a .toml file; `fields` are the recipe's fields that win over it
    (`epochs=20, lr=0.05`), and `pretrained` begins with the network's first published weights, the head alone first.
    So it is exactly what `brickwork train` does. `out` is the run folder, by default the next
    free one in "runs"; `groups` and `track` are as on the command line; `input` is channels, height, width where a
    name's input should not follow from the data. On a terminal and in a notebook progress is shown, unless
    `progress` is False or a `listener` hears the events (see `brickwork.training.events`).

    `nproc` processes train together, each with its share of every batch's micro-batches; the weights are those of one
    process with as many micro-batches. They are started by `brickwork.training.parallel.launch`, which starts them
    again from the last checkpoint where one dies, `max_restarts` times without a step in between. Under torchrun or
    srun, which start this very call in every process, leave it out. With `engine="ray"` they are those of the Ray
    cluster that RAY_ADDRESS names, or of one on this machine; the listener hears a few steps of each second then.

    The best epoch has the highest validation accuracy. SIGINT (Ctrl-C), SIGTERM and SIGHUP end the training after the
    step under way with a checkpoint, from which `resume` goes on. Raises BrickworkError where the network and the data
    disagree, `out` holds a run already, no image can be read, the loss is no longer a number, the disk is full, or
    there is not enough memory; the last checkpoint is whole then.
    """
    check_arguments(network, data, recipe, out, listener)
    check_groups(data, groups)
    if input and isinstance(network, Network):
        raise BrickworkError(f"input is for a network's name; {network.name} has its own: see with_input.")
    track = (track,) if isinstance(track, str) else track
    check_nproc(nproc)
    check_engine(engine, nproc)
    plan = make_plan(network, data, recipe, groups=groups, input=input, fields=fields, pretrained=pretrained)
    if engine == "ray":
        from brickwork.training.parallel.ray import check_shared, train_on_ray

        check_shared(data=None if isinstance(data, Dataset) else data, out=out)
        with shown(progress, listener) as show:
            return train_on_ray(plan, out, track, nproc, max_restarts, with_logging(show))
    if nproc > 1:
        launcher = launch_plan(plan, out, track, nproc, max_restarts)
        return launch_result(launcher.run, launcher.launch())
    with shown(progress, listener) as show:
        return run_plan(plan, out, with_logging(show), track)


def check_arguments(network: object, data: object, recipe: object, out: object, listener: object) -> None:
    """Raises BrickworkError for an argument of another kind than `train` takes."""
    check_kind("network", network, (str, Network), "a name or a Network, which a Model has as model.network")
    check_kind("data", data, (str, Path, Dataset), "a path, a word or a Dataset")
    kinds = (str, Path, Recipe, RecipeChoice)
    check_kind("recipe", recipe, kinds, "a Recipe, a word or a .toml file (single fields are given by name: epochs=20)")
    check_kind("out", out, (str, Path, type(None)), "a folder's path")
    check_listener(listener)


def check_listener(listener: object) -> None:
    if not callable(listener) and listener is not None:
        raise BrickworkError(f"listener is a function of one event, not {type(listener).__name__}.")


def run_plan(plan: Plan, out: str | Path | None, listener: Listener, track: Sequence[str] = ()) -> Result:
    """Train a plan in a run folder; `train` says what is raised.

    Under torchrun or srun, which start a training again from its beginning, a run that was begun goes on.
    """
    if out and is_member() and (Path(expanduser(out)) / "run.json").exists():
        return resume(expanduser(out), listener=listener, dataset=plan.dataset)
    network, recipe = plan.network, plan.recipe
    with (
        join_group() as group,
        stop_signal() as stop,
        compute_threads(recipe.threads),
        seed_torch(recipe.seed),
        explain_memory_errors(network, recipe),
    ):
        listener = listener if group.leads else silent
        trackers = make_trackers(track if group.leads else (), listener)  # a mistake is told before images are read
        for note in plan.notes:
            listener(Note(note))
        check_processes(recipe, group.size)
        check_agreement(group, plan)
        model, normalisation = initial_model(network, recipe, listener)
        run = Run(Path(group.tell(str(choose_place(plan, out, group)) if group.leads else "")), plan.title)
        with leading(group, run):
            if group.leads:
                create_run(run, recipe, plan.document(track))
            listen = logged(run, listener) if group.leads else listener
            with (
                trackers.follow(run, recipe),
                training_loop(model, plan.dataset, recipe, normalisation, listen, group) as loop,
            ):
                if group.leads:
                    run.write_contents(loop.loader.images.contents)
                return Trainer(run, plan.dataset, loop, stop, listen, trackers).fit()


def resume(
    path: str | Path,
    *,
    progress: bool = True,
    listener: Listener | None = None,
    dataset: Dataset | None = None,
    data: str | Path | None = None,
    own: Sequence[type[Layer]] = (),
    track: str | Sequence[str] = (),
    stop: StopSignal | None = None,
) -> Result:
    """Resume the training in a run folder from its last whole checkpoint.

    The weights become, bit for bit, those of a training that was never stopped, on the same machine with the same
    number of threads and the same torch. `dataset` is needed where the data did not come from `open_data`; `data` is
    where it lies now, if it was moved, and stands in the run from then on; `own` are your own layer classes;
    `progress` and `listener` are as in `train`. A folder that somebody sent makes nothing call: data at an address and
    trackers are named again, as `data` and `track`. Outside the main thread, where Python hears no signal, a training
    stops once `stop.signal` is set. A run that has ended gives its result. Raises BrickworkError as
    `train` does, and where the folder holds no run, a part of it is a link, or the data or the recipe is another.
    """
    check_kind("path", path, (str, Path), "a run folder, which a Result has as result.run")
    check_listener(listener)
    run, recipe, known = open_run(Path(path))
    if result := ended_result(run, own):
        return result
    with (
        join_group() as group,
        shown(progress and group.leads, listener if group.leads else silent) as show,
        stop_signal(stop) as stop,
        leading(group, run),
        compute_threads(recipe.threads),
    ):
        check_processes(recipe, group.size)
        listen = logged(run, with_logging(show)) if group.leads else silent
        network = from_json(known["network"], own)
        dataset = dataset or open_again(run, known, data)
        if network.classes != len(dataset.classes):
            raise other_data(
                run.path, dataset.name, f": it has {len(dataset.classes)} classes, and had {network.classes}"
            )
        trackers = make_trackers(choose_trackers(run, known["track"], track, listen) if group.leads else (), listen)
        state = last_checkpoint(run, listen)
        with seed_torch(recipe.seed), explain_memory_errors(network, recipe), trackers.follow(run, recipe):
            recipe = with_window(recipe, state)
            model, normalisation = resumed_model(network, recipe, state, listen)
            with training_loop(model, dataset, recipe, normalisation, listen, group) as loop:
                if group.leads and not state:
                    run.write_contents(loop.loader.images.contents)
                if group.leads and data and state and state.facts["data"] == loop.loader.images.digest:
                    write_plan(run, {**known, "data": dataset.source})
                return Trainer(run, dataset, loop, stop, listen, trackers).fit(state)


def logged(run: Run, listener: Listener) -> Listener:
    """The same listener, with every note in the run's notes.txt, too."""

    def listen(event: Event) -> None:
        if isinstance(event, Note):
            run.log(event)
        listener(event)

    return listen


@contextmanager
def training_loop(
    model: Model,
    dataset: Dataset,
    recipe: Recipe,
    normalisation: Normalisation | None,
    listener: Listener,
    group: Group | None = None,
) -> Iterator[Loop]:
    """A loop over the data set's loader, whose worker processes end with it; warnings are noted before it begins."""
    group = group or Group()

    def open_next(findings: Findings | None) -> Loader:
        return open_loader(
            dataset, model.network, recipe, normalisation=normalisation, notify=listener, findings=findings,
            rank=group.rank, world_size=group.size,
        )  # fmt: skip

    # the leader leaves decoded images in the cache for the others
    with group.leader_first(open_next, lambda loader: loader.findings) as loader:
        check_batches(model.network, recipe, loader.samples)
        for note in batch_norm_notes(model.network, recipe, loader.samples, group.size):
            listener(Note(note))
        loop = make_loop(model, loader, group)
        if group.size == 1:
            threads = threads_to_advise_on(recipe, loader.device.type, torch.get_num_threads())
            advice = CoreAdvice(threads, recipe.epochs * len(loader), listener)
            advice.begin()
            loop.timed = advice.step
        yield loop


@contextmanager
def seed_torch(seed: int) -> Iterator[None]:
    """Torch's own random numbers (initial weights, dropout) from a seed, and afterwards as they were before."""
    with torch.random.fork_rng(devices=[device()] if device().type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def initial_model(network: Network, recipe: Recipe, listener: Listener) -> tuple[Model, Normalisation | None]:
    """A fresh model, or one with the weights of a file or a tag; then also the mean and deviation that a tag has."""
    model = build(network, init=recipe.init or None, norm=recipe.norm, ghost=recipe.ghost)
    check_freeze(model, recipe)
    if not recipe.weights:
        return model, None
    loaded = load_initial(model, recipe.weights)
    kept = "".join(f", {word}" for word in (*(["the classifier is fresh"] if loaded.kept else []), *loaded.remarks))
    text = f"begun with {loaded.tag or recipe.weights}, named as {loaded.layout} names them{kept}"
    listener(Note(text))
    return model, loaded.normalisation


def resumed_model(
    network: Network, recipe: Recipe, state: State | None, listener: Listener
) -> tuple[Model, Normalisation | None]:
    """A model whose weights come from the state, with the normalisation that its images had; or an initial one."""
    if not state:
        check_fetched(recipe.weights)
        return initial_model(network, recipe, listener)
    own = state.facts["preprocessing"]
    return build(network, norm=recipe.norm, ghost=recipe.ghost), (tuple(own["mean"]), tuple(own["std"]))
