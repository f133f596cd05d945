"""Which mutants are run, and which tests run for each."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

from mutation.mutant import Mutant
from mutation.operators import mutants
from mutation.recording import IMPORT, Recording
from mutation.source import Source


def by_room(source: Source, rooms: Sequence[str]) -> dict[str, list[Mutant]]:
    found: dict[str, list[Mutant]] = defaultdict(list)
    for path in source.files:
        if not rooms or source.room(path) in rooms:
            found[source.room(path)] += mutants(path, (source.root / path).read_bytes())
    unknown = {*rooms} - {*found}
    if unknown:
        raise SystemExit(f"--room {' '.join(sorted(unknown))}: there is no such folder or file below {source.package}.")
    return {room: each for room, each in found.items() if each}


def lines(source: Source, room: str) -> int:
    return sum((source.root / path).read_text().count("\n") for path in source.files if source.room(path) == room)


def stratified(source: Source, found: Mapping[str, list[Mutant]], size: int, seed: int) -> list[Mutant]:
    """Mutants by chance, of every room in proportion to its lines."""
    parts = shares({room: lines(source, room) for room in found}, size)
    return [each for room in found for each in spread(found[room], parts[room], random.Random(f"{seed} {room}"))]


def shares(weights: Mapping[str, int], size: int) -> dict[str, int]:
    """A number in proportion to weights, as whole numbers (largest remainders)."""
    total = sum(weights.values())
    parts = {name: size * weight // total for name, weight in weights.items()}
    rest = sorted(weights, key=lambda name: size * weights[name] % total, reverse=True)
    for name in rest[: size - sum(parts.values())]:
        parts[name] += 1
    return parts


def spread(found: Sequence[Mutant], size: int, chance: random.Random) -> list[Mutant]:
    """Mutants by chance: no second one of a line before every line had one."""
    lines: dict[tuple[str, int], list[Mutant]] = defaultdict(list)
    for mutant in chance.sample(found, len(found)):
        lines[mutant.path, mutant.line].append(mutant)
    rounds = ((place, mutant) for mutants in lines.values() for place, mutant in enumerate(mutants))
    return [mutant for _, mutant in sorted(rounds, key=lambda pair: pair[0])][:size]


def tests_for(mutant: Mutant, recording: Recording, source: Source) -> list[list[str]]:
    """The tests that can notice a mutant, by file, the fastest first.

    Those that run its statement. Where that runs at import, which one test does for all, also those of its room that
    run anything of its file; and all of its room where no test is known (some processes, such as workers, are not
    watched).
    """
    contexts = recording.lines(mutant.path, mutant.first, mutant.last)
    of_room = {test for test in recording.seconds if source.of_room(mutant.path, test)}
    chosen = {test for test in recording.seconds if contexts & names(test)}
    if IMPORT in contexts:
        of_file = recording.file(mutant.path)
        chosen |= {test for test in of_room if of_file & names(test)}
    chosen = chosen or of_room
    files: dict[str, list[str]] = defaultdict(list)
    for test in sorted(chosen, key=recording.seconds.__getitem__):
        files[test.split("::")[0]].append(test)
    return sorted(files.values(), key=lambda tests: sum(recording.seconds[test] for test in tests))


def names(test: str) -> set[str]:
    """A test, its class, file and folders: the contexts that count for it."""
    path, *inner = test.split("[")[0].split("::")
    folders = path.split("/")
    files = ["/".join(folders[: i + 1]) for i in range(len(folders))]
    return {test, *files, *("::".join([path, *inner[: i + 1]]) for i in range(len(inner) - 1))}
