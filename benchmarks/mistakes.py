"""Whether a report finds what is wrong with a set: wrong labels, and a slice that is worse than the rest.

    PYTHONPATH=src python benchmarks/mistakes.py [EPOCHS]

Of the 10,000 training images of `fashion`, 5 % get the label of another class, and 20 % are destroyed: noise, nearly
black. A network is trained on that set, as anybody would who knows of neither, and the same images are evaluated.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from brickwork import zoo
from brickwork.data import open_data
from brickwork.data.dataset import ArraySplit
from brickwork.evaluation import evaluate
from brickwork.model import load
from brickwork.recipe.recipe import Recipe
from brickwork.training.train import train
from planted import FIRST, only, planted


def main(epochs: int) -> None:
    began = time.perf_counter()
    fashion = open_data("fashion")
    split = fashion.splits["train"]
    assert isinstance(split, ArraySplit)
    faults = planted(split, len(fashion.classes))
    data = only(fashion, faults.split)
    network = zoo.network("resnet20[width=0.5]", input=(1, 28, 28), classes=len(data.classes))
    with TemporaryDirectory() as folder:
        train(network, data, Recipe(epochs=epochs), out=Path(folder), listener=lambda news: None)
        report = evaluate(load(Path(folder) / "model.safetensors"), data, "all")
    print(f"{network.name}, {epochs} epochs; {report.n:,} images, {len(report.skipped)} skipped")
    print(f"accuracy on the given labels {report.accuracy.value:.1%}")
    print(
        f"{faults.noisy.sum():,} wrong labels: {faults.found(report):.1%} of them in the first {FIRST:.0%} of the list"
    )
    print(f"{faults.dark.sum():,} destroyed images; the slices, in their order:")
    for each in report.slices[:4]:
        difference = f"{each.difference.value:+.1%} ({each.difference.low:+.1%} to {each.difference.high:+.1%})"
        print(f"  {each.kind} {each.name}: {each.accuracy.n:,} images, accuracy less that of the rest {difference}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
