"""Mutated run folders, model files, checkpoints, weights and caches through the commands that read them.

    python benchmarks/reliability/mutated_runs.py [--count 20000] [--seed 0] [--seconds 60]
    python benchmarks/reliability/mutated_runs.py --table

Each mutant is a fresh copy of a small run folder in which bytes are flipped, cut, swapped or put in, or a value of a
JSON document is another's or one of `hostile_values.VALUES`; the sums beside checkpoints, and of the index and the
packs, are mostly renewed. A command must leave with 0 or 2, with one line where it refuses, print no control character,
and write nothing outside of the run and the cache. It runs in a child process, which is stopped when it hangs.

With --table every field of every document gets every hostile value, without chance.

Exit code 1 where anything is otherwise.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

from hostile import Sandbox, Verdict
from hostile_values import DOCUMENTS, ENDED, PREDICT, RESUME, SCORE, SHOW, VALUES, Document, fields, renew_sums
from limited import looked_at

Words = tuple[str, ...]
TORCH, SAFE = ("load_weights", "weights.pth"), ("load_weights", "weights.safetensors")
FILES: tuple[tuple[str, tuple[Words, ...]], ...] = (  # a pattern of files, and the commands that read them
    ("begun/run.json", (RESUME,)),
    ("begun/recipe.toml", (RESUME,)),
    ("begun/images.jsonl.gz", (RESUME,)),
    ("begun/model.safetensors", (RESUME,)),
    ("begun/checkpoints/*.safetensors", (RESUME,)),
    ("begun/checkpoints/*.sha256", (RESUME,)),
    ("ended/model.safetensors", (PREDICT, SCORE, SHOW, ENDED)),
    ("cache/index/*", (RESUME,)),
    ("cache/packs/*", (RESUME,)),
    ("weights.pth", (TORCH,)),
    ("weights.safetensors", (SAFE,)),
)


def mutate_bytes(content: bytes, chance: random.Random) -> bytes:
    """Flips some bits, cuts the end, swaps two parts, or puts bytes in."""
    changed = bytearray(content)
    first, second = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    match chance.randrange(6):
        case 0:
            return content[:first]
        case 1:
            return content[:first] + content[second:]
        case 2:
            return content[:first] + chance.randbytes(chance.randrange(1, 40)) + content[first:]
    front = chance.random() < 0.5  # where headers are
    for _ in range(chance.choice((1, 1, 2, 5, 20)) if content else 0):
        changed[chance.randrange(min(len(content), 300) if front else len(content))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def mutate_file(folder: Path, chance: random.Random) -> tuple[str, Words]:
    """Mutates the bytes of a file; gives what it was and a command that reads it."""
    pattern, commands = FILES[chance.randrange(len(FILES))]
    path = chance.choice(sorted(folder.glob(pattern)))
    path.write_bytes(mutate_bytes(path.read_bytes(), chance))
    if chance.random() < 0.75:
        renew_sums(path)
    return f"bytes of {pattern}", chance.choice(commands)


def mutate_value(folder: Path, chance: random.Random) -> tuple[str, Words]:
    """Puts another value into a document: one of its own, or a hostile one."""
    document = DOCUMENTS[chance.randrange(len(DOCUMENTS))]
    found = document.read(folder)
    places = list(fields(found))
    place = chance.choice(places)
    if chance.random() < 0.5:
        name = chance.choice(list(VALUES))
        text = document.text(found, place, name, VALUES[name])
    else:
        text = swapped(document, found, place, chance.choice(places))
    document.write(folder, text)
    return f"values of {document.name}", chance.choice(document.commands)


def swapped(document: Document, found: object, place: tuple[object, ...], other: tuple[object, ...]) -> str:
    """The document with the value of another field in a field's place."""
    value = found
    for name in other:
        value = value[name]  # type: ignore[index]
    return document.text(found, place, "another's", json.dumps(value))


def look_at(sandbox: Sandbox, seed: int) -> Callable[[Path], tuple[str, Verdict]]:
    """Makes and judges the mutant of a number, which stands in the place of a file's name."""

    def look(number: Path) -> tuple[str, Verdict]:
        chance = random.Random(f"{seed}/{number}")
        folder = sandbox.fresh()
        kind, words = (mutate_value if chance.random() < 0.5 else mutate_file)(folder, chance)
        verdict = sandbox.judge(words)
        return f"{kind}: {' '.join(words[:2])}", verdict

    return look


def table_cases(sandbox: Sandbox) -> Iterator[tuple[Document, str, str, Words]]:
    for document in DOCUMENTS:
        for field, name, text in document.cases(sandbox.whole):
            yield from ((document, f"{field} = {name}", text, words) for words in document.commands)


def look_at_table(sandbox: Sandbox) -> tuple[int, Callable[[Path], tuple[str, Verdict]]]:
    """How many cases the table has, and what judges the one of a number."""
    cases = list(table_cases(sandbox))

    def look(number: Path) -> tuple[str, Verdict]:
        document, what, text, words = cases[int(number.name)]
        document.write(sandbox.fresh(), text)
        verdict = sandbox.judge(words)
        faults = tuple(f"{what}: {fault}" for fault in verdict.faults)
        return document.name, Verdict(verdict.code, verdict.seconds, faults, verdict.text)

    return len(cases), look


def report(answers: Iterator[tuple[object, float]], limit: float, minutes: float) -> int:
    """Prints what became of all that there is time for, and every fault once; gives how many had one."""
    used, refused, wrong, slowest = Counter[str](), Counter[str](), Counter[str](), 0.0
    begun, shown = perf_counter(), set[str]()
    for number, (answer, seconds) in enumerate(answers):
        kind, verdict = answer if isinstance(answer, tuple) else ("?", Verdict(70, seconds, (str(answer),), ""))
        slowest = max(slowest, verdict.seconds)
        late = (f"took {verdict.seconds:.1f} s",) if verdict.seconds > limit else ()
        (used if verdict.code == 0 else refused)[kind] += 1
        if perf_counter() - begun > 60 * minutes:
            print(f"stopped after {number + 1:,}, as there was no more time")
            break
        wrong[kind] += bool(verdict.faults + late)
        for fault in (*verdict.faults, *late):
            if fault[-60:] not in shown:
                shown.add(fault[-60:])
                print(f"  number {number}, {kind}: {fault}", flush=True)
    for kind in sorted(used.keys() | refused.keys()):
        print(f"{kind}: {used[kind]} used, {refused[kind]} refused, {wrong[kind]} wrong")
    print(
        f"{used.total()} used, {refused.total()} refused in {perf_counter() - begun:.0f} s; the slowest {slowest:.2f} s"
    )
    print(f"what must not be: {wrong.total()}")
    return wrong.total()


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant, to go on from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60, help="for one command, until it has hung")
    parser.add_argument("--limit", type=float, default=5, help="seconds that one command may take")
    parser.add_argument("--minutes", type=float, default=1e6, help="after which it stops and reports")
    parser.add_argument("--table", action="store_true", help="every field with every value instead")
    arguments = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder))
        os.chdir(sandbox.copy)
        if arguments.table:
            count, look = look_at_table(sandbox)
            numbers = range(count)
        else:
            numbers, look = range(arguments.first, arguments.first + arguments.count), look_at(sandbox, arguments.seed)
        with closing(looked_at(look, [Path(str(number)) for number in numbers], arguments.seconds)) as answers:
            wrong = report(answers, arguments.limit, arguments.minutes)
        changed = sandbox.changed()
        print(f"changed outside: {', '.join(changed) or 'nothing'}")
        os.chdir("/")
    return int(bool(wrong or changed))


if __name__ == "__main__":
    sys.exit(main())
