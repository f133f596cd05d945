"""Trains every family on `fashion` to a test accuracy of 0.80, and prints what it took.

    python benchmarks/families.py            a table
    python benchmarks/families.py --json     the same as JSON
    python benchmarks/families.py 'vgg*'     some of them

Old networks are narrow here and see small images, as in full they would take hours without a GPU. Which of them
needs another initialisation than its paper's, and why, stands in docs/initialisation.md.
"""

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatch
from pathlib import Path

import torch

from brickwork import zoo
from brickwork.data import open_data
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import Event
from brickwork.training.train import train

GOAL = 0.80


@dataclass(frozen=True)
class Entry:
    """A network as it is trained here."""

    network: str
    side: int  # of the square input, in pixels
    recipe: Recipe


@dataclass(frozen=True)
class Row:
    """What a training came to."""

    network: str
    input: str
    recipe: str
    epochs: int
    accuracy: float  # on the test split
    seconds: float


ADAMW = Recipe(epochs=3, optimizer="adamw", lr=0.003, weight_decay=0.01, batch=32)

ENTRIES = (
    Entry("lenet5",               28, Recipe(epochs=5, optimizer="adamw", lr=0.01, batch=32, init="he")),
    Entry("alexnet[width=0.25]",  67, Recipe(epochs=3, lr=0.03)),
    Entry("vgg11[width=0.25]",    32, Recipe(epochs=3, lr=0.03)),
    Entry("vgg11[width=0.25,batchnorm=true]", 32, Recipe(epochs=2)),
    Entry("nin[width=0.5]",       55, Recipe(epochs=3, lr=0.01, batch=32)),
    Entry("googlenet[width=0.25]", 79, ADAMW),
    Entry("resnet18[width=0.25]", 28, Recipe(epochs=2)),
    Entry("resnet20",             28, Recipe(epochs=3)),
)  # fmt: skip


def words(recipe: Recipe) -> str:
    """What differs from the default recipe; the epochs have a column of their own."""
    plain = Recipe()
    names = [field.name for field in fields(Recipe) if field.name != "epochs"]
    changed = [name for name in names if getattr(recipe, name) != getattr(plain, name)]
    return " ".join(f"{name}={getattr(recipe, name)}" for name in changed) or "default"


def row(entry: Entry) -> Row:
    """Trains an entry in a folder that is gone afterwards."""
    shape = (1, entry.side, entry.side)
    network = zoo.network(entry.network, input=shape, classes=10)
    with tempfile.TemporaryDirectory() as folder:
        result = train(network, open_data("fashion"), entry.recipe, out=Path(folder) / "run", listener=unheard)
    recipe = entry.recipe
    seconds = round(result.seconds, 1)
    return Row(entry.network, "x".join(map(str, shape)), words(recipe), recipe.epochs, result.accuracy, seconds)


def unheard(news: Event) -> None:
    """The table says enough."""


def line(columns: tuple[str, ...]) -> str:
    widths = (34, 9, 48, 6, 8, 7)
    left = [f"{word:<{width}}" for word, width in zip(columns[:3], widths[:3], strict=True)]
    right = [f"{word:>{width}}" for word, width in zip(columns[3:], widths[3:], strict=True)]
    return " ".join(left + right)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pattern", nargs="?", default="*", help="which networks, as in 'vgg*'")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    rows = []
    if not options.json:
        print(line(("network", "input", "recipe", "epochs", "accuracy", "seconds")))
    for entry in ENTRIES:
        if fnmatch(entry.network, options.pattern):
            rows.append(found := row(entry))
            if not options.json:
                shown = (f"{found.epochs}", f"{found.accuracy:.4f}", f"{found.seconds:.0f}")
                print(line((found.network, found.input, found.recipe, *shown)), flush=True)
    if options.json:
        machine = {"torch": torch.__version__, "threads": torch.get_num_threads()}
        print(json.dumps({"goal": GOAL, **machine, "rows": [asdict(found) for found in rows]}, indent=2))
    raise SystemExit(any(found.accuracy < GOAL for found in rows))


if __name__ == "__main__":
    main()
