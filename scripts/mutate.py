"""Mutation testing: how many small mistakes in the source do the tests notice?

    python scripts/mutate.py --record         # once, and after each change: which tests run which lines
    python scripts/mutate.py --sample 250     # mutants of all rooms; or --room data, or --only src/p/x.py:12

A mutant is the source with one place changed (`<` for `<=`, an argument less, a constant more). The tests that run its
line run, and it is killed when one fails. What survives is either a missing test, or a line that could be simpler.
It needs coverage (`pip install coverage`).
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything imports torch

from mutation.mutant import Mutant
from mutation.recording import is_fresh, read, record, recorded
from mutation.sample import by_room, lines, stratified
from mutation.source import Source
from mutation.trial import Outcome, Trials
from mutation.workspace import Workspace, workspace


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="record anew what changed; then stop unless told more")
    parser.add_argument("--sample", type=int, metavar="N", help="run N mutants, all rooms in proportion to their lines")
    parser.add_argument("--seed", type=int, default=0, help="another sample (default: 0)")
    parser.add_argument("--room", action="append", default=[], metavar="NAME", help="of one room; may be repeated")
    parser.add_argument("--only", metavar="FILE:LINE", help="run all mutants of one line")
    parser.add_argument(
        "--skip", action="append", default=[], metavar="PATH", help="leave out tests of a folder or file"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the tree (default: this one)")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    source = Source(chosen.root.resolve())
    tests = [test for test in source.tests if not test.startswith(tuple(chosen.skip))]
    with workspace(source) as space:
        source.preload()
        if chosen.record:
            record_all(source, space, tests)
        if not chosen.record or chosen.sample or chosen.only:
            outcomes = run_all(Trials(source, read(source, tests), space), choose(source, chosen))
            print(as_json(outcomes) if chosen.json else report(source, outcomes))


def record_all(source: Source, space: Workspace, tests: Sequence[str]) -> None:
    old = [test for test in tests if not is_fresh(source, test)]
    for place, test in enumerate(old, 1):
        begin = time.perf_counter()
        record(source, space, test)
        found = json.loads(recorded(source, test).read_text()) if is_fresh(source, test) else None
        if not found:
            raise SystemExit(f"{test} was not recorded:\n{space.log.read_text()}")
        counts = f"{len(found['seconds'])} tests, {len(found['unusable'])} failed or skipped"
        note(f"{place}/{len(old)} {test}: {counts}, {time.perf_counter() - begin:.1f} s")


def choose(source: Source, chosen: argparse.Namespace) -> list[Mutant]:
    found = by_room(source, chosen.room)
    if not chosen.only:
        return stratified(source, found, chosen.sample or 250, chosen.seed)
    path, _, line = chosen.only.rpartition(":")
    mutants = [each for room in found.values() for each in room if (each.path, str(each.line)) == (path, line)]
    if not mutants:
        raise SystemExit(
            f"--only {chosen.only}: no mutant; src/PACKAGE/FILE.py:LINE of a line with something to change."
        )
    return mutants


def run_all(trials: Trials, mutants: Sequence[Mutant]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for place, mutant in enumerate(mutants, 1):
        try:
            outcome = trials.run(mutant)
        except KeyboardInterrupt:  # what is known by now is reported
            note(f"interrupted after {len(outcomes)} of {len(mutants)} mutants")
            break
        outcomes.append(outcome)
        result = f"killed by {outcome.killer}" if outcome.killer else f"SURVIVED {outcome.tests} tests"
        note(f"{place}/{len(mutants)} {outcome.seconds:.1f} s  {mutant}  {result}")
    unsound = [test for test, sound in trials.sound.items() if not sound]
    if unsound:
        note(f"left out, for they fail without a mutant: {' '.join(unsound)}")
    return outcomes


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def report(source: Source, outcomes: Sequence[Outcome]) -> str:
    rooms: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        rooms.setdefault(source.room(outcome.mutant.path), []).append(outcome)
    rows = [row(room, lines(source, room), found) for room, found in rooms.items()]
    total = row("all", sum(lines(source, room) for room in rooms), outcomes)
    head = f"{'room':16}{'lines':>8}{'mutants':>9}{'killed':>8}{'survived':>10}{'share':>7}"
    survivors = [str(outcome.mutant) for outcome in outcomes if not outcome.killer]
    return "\n".join([head, *rows, total, *([""] if survivors else []), *survivors])


def row(room: str, lines: int, outcomes: Sequence[Outcome]) -> str:
    killed = sum(bool(outcome.killer) for outcome in outcomes)
    share = killed / len(outcomes) if outcomes else 0.0
    return f"{room:16}{lines:>8}{len(outcomes):>9}{killed:>8}{len(outcomes) - killed:>10}{share:>7.0%}"


def as_json(outcomes: Sequence[Outcome]) -> str:
    return json.dumps([asdict(outcome) for outcome in outcomes], indent=1)


if __name__ == "__main__":
    main()
