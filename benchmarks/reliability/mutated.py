"""Mutated JPEG, PNG, WebP and TIFF files through `brickwork check`, `train` and `predict`.

    python benchmarks/reliability/mutated.py [--files 10000] [--seed 0] [--seconds 20]

A set of four classes is made, no two images of it alike. Two in three files are mutated: bytes flipped, cut or
swapped. `check` reads the set; then a tenth of the files is mutated again, or gets another file's content. What each
file gives when it is decoded alone, in a child process with a limit in seconds, is the truth that every command is
held against: it must refuse what is refused there, with path and reason, and use what is decoded there, under the
file's own label. The pixels that a training has in memory are compared with the file's own, one by one.

Exit code 1 where anything is otherwise.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from limited import looked_at
from mutations import KINDS, harmed, picture

from brickwork.data import index as indices
from brickwork.data import open_data
from brickwork.data.cache.decoded import DecodedSplit
from brickwork.data.images.decode import Unreadable, decode
from brickwork.data.preprocessing import Preprocessing
from brickwork.loader.prepare import TrainingImages, prepare
from brickwork.network import Network
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import Event
from brickwork.zoo import network

CLASSES = ("ash", "beech", "cedar", "elm")
SPLITS = ("train",) * 8 + ("val", "test")
NETWORK, SIDE = "lenet5", 32
LIMIT = 900  # seconds for a command


@dataclass(frozen=True)
class Truth:
    """What a file gives on its own: an upright size and the pixels that a training takes, or a reason."""

    size: tuple[int, int]
    pixels: bytes
    reason: str


def preprocessing() -> Preprocessing:
    return Preprocessing(3, SIDE, SIDE, mean=(0.0,) * 3, std=(1.0,) * 3)


def look(path: Path) -> Truth | str:
    try:
        image = decode(path)
    except Unreadable as refusal:
        named = refusal.path == str(path) and refusal.reason
        return Truth((0, 0), b"", refusal.reason) if named else f"refused without a name: {refusal!r}"
    except Exception as fault:
        return f"raised something else: {fault!r}"
    return Truth(image.size, preprocessing().pixels(image).tobytes(), "")


class Trial:
    """A set in a folder, and what is found to be wrong with how it is treated."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds
        self.data, self.run = folder / "data", folder / "run"
        self.environment = {**os.environ, "BRICKWORK_CACHE": str(folder / "cache")}
        self.faults: list[str] = []

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.data)) for path in self.data.rglob("*.*"))

    def expect(self, so: bool, words: str) -> None:
        if not so:
            self.faults.append(words)

    def truths(self) -> dict[str, Truth]:
        """What every file gives alone."""
        files = self.files()
        found: dict[str, Truth] = {}
        answers = looked_at(look, [self.data / file for file in files], self.seconds)
        slowest = 0.0
        for file, (answer, took) in zip(files, answers, strict=True):
            slowest = max(slowest, took)
            self.expect(isinstance(answer, Truth), f"{file}: {answer}")
            found[file] = answer if isinstance(answer, Truth) else Truth((0, 0), b"", str(answer))
        refused = sum(bool(truth.reason) for truth in found.values())
        print(f"alone: {len(found) - refused} decoded, {refused} refused; the slowest took {slowest:.2f} s")
        return found

    def command(self, *words: str, codes: tuple[int, ...] = (0,)) -> "subprocess.CompletedProcess[str]":
        """Runs a command of brickwork's; standard error must hold no traceback."""
        line = [sys.executable, "-m", "brickwork", *words]
        begun = perf_counter()
        done = subprocess.run(
            line, capture_output=True, text=True, env=self.environment, timeout=LIMIT, check=False, cwd=self.folder
        )
        print(f"{words[0]}: exit code {done.returncode} after {perf_counter() - begun:.1f} s")
        self.expect(done.returncode in codes, f"{words[0]} left with {done.returncode}: {done.stderr[-600:]}")
        self.expect("Traceback" not in done.stderr, f"{words[0]}: a traceback: {done.stderr[-600:]}")
        return done


def plant(trial: Trial, count: int, chance: np.random.Generator) -> None:
    """The set, two thirds of it mutated."""
    for number in range(count):
        ending = list(KINDS)[number % len(KINDS)]
        make = KINDS[ending][chance.integers(len(KINDS[ending]))]
        content = make(picture(chance))
        path = trial.data / SPLITS[chance.integers(len(SPLITS))] / CLASSES[number // 4 % 4] / f"{number}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(harmed(content, chance) if chance.random() < 2 / 3 else content)


def change(trial: Trial, chance: np.random.Generator) -> list[str]:
    """Mutates a tenth of the files once more, or puts another's content in their place; gives those that changed."""
    files = trial.files()
    changed = []
    for place in chance.choice(len(files), len(files) // 10, replace=False).tolist():
        path = trial.data / files[place]
        before = path.read_bytes()
        other = (trial.data / files[chance.integers(len(files))]).read_bytes()
        after = other if chance.random() < 0.3 or not before else harmed(before, chance)
        if after != before:
            path.write_bytes(after)
            changed.append(files[place])
    return changed


def check(trial: Trial, truths: dict[str, Truth]) -> None:
    """`brickwork check` names what is refused, with the reason, and indexes what is decoded."""
    done = trial.command("check", "data", "--json", codes=(0, 1))
    report = json.loads(done.stdout)
    noise = [line for line in done.stderr.splitlines() if not line.endswith("images read")]
    trial.expect(not noise, f"check: words on standard error: {noise[:5]}")
    refused = {
        str(Path(case["files"][0]).relative_to("data")): case["detail"]
        for finding in report["findings"]
        if "F101" <= finding["code"] <= "F106" or finding["code"] == "F113"
        for case in finding["cases"]
    }
    expected = {file: truth.reason for file, truth in truths.items() if truth.reason}
    trial.expect(refused == expected, f"check refuses others than are unreadable: {odd(refused, expected)}")
    index = indices.load_index(report["source"])
    sizes = {entry.key: (entry.width, entry.height) for entry in index.entries} if index else {}
    known = {file: truth.size for file, truth in truths.items()}
    trial.expect(sizes == known, f"the index has other sizes: {odd(sizes, known)}")
    labels = {entry.key: entry.label for entry in index.entries} if index else {}
    trial.expect(all(key.split("/")[1] == label for key, label in labels.items()), "the index has other labels")
    print(f"  {len(refused)} refused with path and reason, {len(sizes)} in the index")


def train(trial: Trial, truths: dict[str, Truth], changed: list[str]) -> None:
    """`brickwork train` names what changed and what it leaves out."""
    words = (
        "--data",
        "data",
        "--input",
        f"3x{SIDE}x{SIDE}",
        "--epochs",
        "1",
        "--batch",
        "64",
        "--out",
        "run",
        "--json",
    )
    done = trial.command("train", NETWORK, *words)
    notes = (trial.data.parent / "run" / "notes.txt").read_text()  # all that are left out; the terminal has the first
    for split in ("train", "val"):
        expected = {file: truth.reason for file, truth in truths.items() if truth.reason and file.startswith(split)}
        said = dict(re.findall(rf"^(?:skipped |  )data/({split}/[^:\n]+): (.*)$", notes, re.MULTILINE))
        trial.expect(said == expected, f"train leaves out others than are unreadable: {odd(said, expected)}")
        ours = [file for file in changed if file.startswith(split)]
        note = re.search(rf"^{split}: .*changed since 'brickwork check': ([\d,]+) \((.*)\)$", done.stderr, re.MULTILINE)
        number = int(note[1].replace(",", "")) if note else 0
        named = re.findall(rf"data/({split}/[^,\s]+)", note[2]) if note else []
        trial.expect(number == len(ours), f"{split}: {number} of {len(ours)} changed files are named")
        trial.expect(set(named) <= set(ours), f"{split}: named as changed, but not: {set(named) - set(ours)}")
        print(f"  {split}: {len(said)} left out with path and reason, {number} named as changed")


def material(trial: Trial, truths: dict[str, Truth]) -> None:
    """The pixels and labels that a training has, from the files and from what the training before left in the cache."""
    dataset = open_data(str(trial.data))
    made = network(NETWORK, input=(3, SIDE, SIDE), classes=len(dataset.classes))
    for cache in ("off", "auto"):
        news: list[str] = []
        found = of_training(made, trial, cache, news)
        wrong = [key for key, pixels, label in found if pixels != truths[key].pixels or label != key.split("/")[1]]
        keys = [key for key, _, _ in found]
        expected = [file for file, truth in truths.items() if not truth.reason and not file.startswith("test")]
        cached = sum("from the cache" in text for text in news)
        trial.expect(not wrong, f"pixels or label are another's, cache {cache}: {wrong[:5]}")
        trial.expect(sorted(keys) == sorted(expected), f"others are trained on, cache {cache}: {odd(keys, expected)}")
        trial.expect(cached == (2 if cache == "auto" else 0), f"cache {cache}: {cached} splits came from it")
        print(f"pixels and label of the file itself, cache {cache}: {len(found) - len(wrong)} of {len(found)}")


def of_training(made: Network, trial: Trial, cache: str, news: list[str]) -> list[tuple[str, bytes, str]]:
    """Each image's key, pixels and label."""

    def hear(said: Event) -> None:
        news.append(said.text)

    dataset = open_data(str(trial.data))
    found: TrainingImages = prepare(made, dataset, Recipe(cache=cache), hear)  # type: ignore[arg-type]
    return [each for stock in (found.train, found.val) for each in images(stock, dataset.classes)]


def images(stock: DecodedSplit, classes: tuple[str, ...]) -> Iterator[tuple[str, bytes, str]]:
    for i, (key, label) in enumerate(zip(stock.split.keys, stock.labels.tolist(), strict=True)):
        yield key, np.ascontiguousarray(stock.images.image(i).transpose(2, 0, 1)).tobytes(), classes[label]


def predict(trial: Trial, truths: dict[str, Truth], chance: np.random.Generator) -> None:
    """`brickwork predict` has a row for each file: a reason where it is refused, else what the file alone gives."""
    model = str(trial.run / "model.safetensors")
    trial.command("predict", model, "data", "--out", "table.csv")
    rows = table(trial.folder / "table.csv")
    expected = {file: truth.reason for file, truth in truths.items()}
    reasons = {file: row["reason"] for file, row in rows.items()}
    trial.expect(reasons == expected, f"predict refuses others than are unreadable: {odd(reasons, expected)}")
    readable = [file for file, reason in expected.items() if not reason and file in rows]
    some = [readable[place] for place in chance.choice(len(readable), min(100, len(readable)), replace=False)]
    trial.command("predict", model, *(f"data/{file}" for file in some), "--out", "some.csv")
    alone = table(trial.folder / "some.csv")
    agree = sum(
        file in alone and abs(float(rows[file]["probability"]) - float(alone[file]["probability"])) < 1e-3
        for file in some
    )
    trial.expect(agree == len(some), f"predict: {len(some) - agree} probabilities are another file's")
    print(
        f"  {len(rows) - len(readable)} refused with path and reason, {agree} of {len(some)} asked again give the same"
    )


def table(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {str(Path(row["path"]).relative_to("data")): row for row in csv.DictReader(file)}


def odd(found: object, expected: object) -> str:
    """The first differences of two dictionaries or lists."""
    one, other = (set(each.items() if isinstance(each, dict) else each) for each in (found, expected))  # type: ignore[call-overload]
    return f"{sorted(one - other)[:3]} and not {sorted(other - one)[:3]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20, help="for one file")
    arguments = parser.parse_args()
    chance = np.random.default_rng(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), arguments.seconds)
        os.environ.update(trial.environment)
        plant(trial, arguments.files, chance)
        kinds = Counter(Path(file).suffix for file in trial.files())
        print(f"{arguments.files} files, seed {arguments.seed}: {dict(kinds)}")
        check(trial, trial.truths())
        changed = change(trial, chance)
        print(f"{len(changed)} files changed after they were indexed")
        truths = trial.truths()
        train(trial, truths, changed)
        material(trial, truths)
        predict(trial, truths, chance)
    for fault in trial.faults:
        print(f"  {fault}")
    print(f"what must not be: {len(trial.faults)}")
    return int(bool(trial.faults))


if __name__ == "__main__":
    sys.exit(main())
