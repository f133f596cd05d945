"""Batches computed on a Ray cluster by Ray Data: each whole, by one process and one thread, with the results in order.

They are the batches of `map_in_processes`, so that the machines that compute them change no bit.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from os.path import abspath
from pathlib import Path
from typing import Any

from brickwork.errors import BrickworkError, first_line
from brickwork.evaluation.parallel import attempt, module_files, pickle_function, receive_function
from brickwork.model import Model
from brickwork.processes import WorkerFault
from brickwork.ray_cluster import join_cluster
from brickwork.runtime.inputs import NamedImage

BLOCKS = 1000  # parts of the data at most, each of which is one task's


class BatchWorker:
    """A process of the cluster, which computes batches by a function that it gets once."""

    def __init__(self, sent: tuple[bytes, dict[str, str]]) -> None:
        import torch

        torch.set_num_threads(1)
        self.function = attempt(receive_function, sent)

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        fault = isinstance(self.function, WorkerFault)
        answer = self.function if fault else attempt(self.function, pickle.loads(row["batch"]))
        return {"answer": pickle.dumps(answer)}


def map_on_ray(
    function: Callable[[list[NamedImage]], Any], model: Model, batches: Iterable[list[NamedImage]], nproc: int
) -> Iterator[Any]:
    """The function's result for each batch, in the batches' order, each computed by one of so many processes.

    Files are read where they are computed: all machines see them under the same absolute path.
    """
    sent = (pickle_function(function), module_files(model))
    with join_cluster() as cluster:
        cluster.share_cpus(nproc, threads=1)
        rows = [{"batch": pickle.dumps([absolute(image) for image in batch])} for batch in batches]
        yield from map_rows(rows, sent, nproc, cluster.share_gpus(nproc))


def absolute(image: NamedImage) -> NamedImage:
    """The image with the absolute path of its file, as the processes have another current folder."""
    return replace(image, source=Path(abspath(image.source))) if isinstance(image.source, Path) else image


def map_rows(
    rows: list[dict[str, bytes]], sent: tuple[bytes, dict[str, str]], nproc: int, gpus: float
) -> Iterator[Any]:
    """The answers to all rows, in their order, as they come; raises BrickworkError where the cluster fails."""
    import ray
    import ray.data

    if not rows:
        return
    quieten()
    data = ray.data.from_items(rows, override_num_blocks=min(len(rows), BLOCKS)).map(
        BatchWorker,
        compute=ray.data.ActorPoolStrategy(size=nproc),
        num_cpus=1,
        num_gpus=gpus or None,
        fn_constructor_args=(sent,),
    )
    try:
        for row in data.iter_rows():
            answer = pickle.loads(row["answer"])
            if isinstance(answer, WorkerFault):
                raise answer.error
            yield answer
    except ray.exceptions.RayError as fault:
        raise BrickworkError(f"the Ray cluster has not computed the images: {first_line(fault)}") from None


def quieten() -> None:
    """Has Ray Data draw no bars and tell nothing, and keep the order."""
    import logging

    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
