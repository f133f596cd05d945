"""Predictions of `brickwork scale` beside published figures, with the error of each.

    python benchmarks/scale.py              efficiencies, images/s of one device, times of whole trainings
    python benchmarks/scale.py --write      writes them into docs/scaling.md, below `<!-- scaling -->`

The figures stand in scaling_figures.py. The two constants, the share of a link and the jitter, are the same for all;
beside each error stands the one with constants chosen without any figure of its source ("blind").
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from statistics import mean, median

from scaling_figures import FIGURES, SOURCES, SPEEDS, TRAININGS, Figure

from brickwork import zoo
from brickwork.network.columns import RULE, Row, format_columns
from brickwork.scaling import Cluster, scale
from brickwork.scaling.cluster import START
from brickwork.scaling.step import step_time
from brickwork.scaling.work import Work, count_work

PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"

SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # of a link
JITTERS = tuple(step / 200 for step in range(13))  # to 0.06


@cache
def demand(name: str) -> Work:
    return count_work(zoo.network(name))


@cache
def predict(figure: Figure, share: float, jitter: float) -> float:
    """The efficiency that the model gives, from what the source says of the base devices alone."""
    asked = demand(figure.network)
    known = figure.cluster(figure.base_batch or figure.batch)
    known = replace(known, share=share, jitter=jitter)
    alone = figure.rate or known.batch / known.compute_seconds(asked, known.batch)
    base = base_speed(asked, replace(known, rate=alone), figure.base)
    if figure.rate:  # images/s of a base device that also waits for the others: alone it is faster
        alone *= figure.rate / base
        base = figure.rate
    seconds = replace(known, rate=alone).compute_seconds(asked, figure.batch)
    many = replace(known, batch=figure.batch, rate=figure.batch / seconds)
    return figure.batch / step_time(asked, many, figure.devices, figure.batch).total / base


def base_speed(asked: Work, cluster: Cluster, devices: int) -> float:
    """Images/s of each of the devices with which many are compared."""
    return cluster.batch / step_time(asked, cluster, devices, cluster.batch).total


def choose(figures: Sequence[Figure]) -> tuple[float, float]:
    """The share and the jitter with the smallest mean error."""

    def error(constants: tuple[float, float]) -> float:
        return mean(abs(predict(figure, *constants) - figure.published) for figure in figures)

    return min(product(SHARES, JITTERS), key=error)


def blind(figure: Figure) -> float:
    """The prediction with constants that no figure of its source had a part in."""
    return predict(figure, *choose([other for other in FIGURES if origin(other) != origin(figure)]))


def origin(figure: Figure) -> str:
    """Who measured it: Horovod's three are one."""
    return figure.source.rstrip("0123456789")


def efficiency_rows() -> tuple[list[Row], list[float], list[float]]:
    """A row for each figure, the errors, and those of blind predictions."""
    rows: list[Row] = []
    found: list[float] = []
    unseen: list[float] = []
    for figure in FIGURES:
        said = predict(figure, Cluster.share, Cluster.jitter)
        found.append(said - figure.published)
        unseen.append(blind(figure) - figure.published)
        cells = [figure.source, figure.network, f"{figure.base}", f"{figure.devices:,}", figure.device]
        cells += [f"{figure.link:g}", str(figure.batch), f"{figure.published:.0%}"]
        cells += [f"{said:.0%}", f"{100 * found[-1]:+.0f}", f"{100 * unseen[-1]:+.0f}"]
        words = figure.note, "mixed" if figure.precision == "mixed" else "", recall(figure.recalled)
        rows.append([*cells, "; ".join(filter(None, words))])
    return rows, found, unseen


def recall(words: str) -> str:
    return f"[M] {words}" if words else ""


def speed_rows() -> tuple[list[Row], list[float]]:
    rows: list[Row] = []
    ratios: list[float] = []
    for speed in SPEEDS:
        cluster = Cluster(speed.device, batch=speed.batch, precision=speed.precision)
        said = speed.batch / cluster.compute_seconds(demand(speed.network), speed.batch)
        ratios.append(said / speed.published - 1)
        cells = [speed.source, speed.network, speed.device, speed.precision, str(speed.batch)]
        rows.append([*cells, f"{speed.published:,.0f}", f"{said:,.0f}", f"{ratios[-1]:+.0%}"])
    return rows, ratios


def training_rows() -> tuple[list[Row], list[float]]:
    rows: list[Row] = []
    ratios: list[float] = []
    for training in TRAININGS:
        (row,) = scale("resnet50", [training.devices], training.cluster, epochs=training.epochs).rows
        ratios.append(row.seconds / training.published - 1)
        cells = [training.source, f"{training.devices:,} {training.cluster.device}", str(training.cluster.batch)]
        cells += [str(training.epochs), f"{training.published:,}", f"{row.seconds:,.0f}", f"{ratios[-1]:+.0%}"]
        rows.append([*cells, recall(training.recalled)])
    return rows, ratios


EFFICIENCY = ("source", "network", "of", "devices", "device", "Gb/s", "batch", "published", "predicted", "error",
              "blind", "remarks")  # fmt: skip
SPEED = ("source", "network", "device", "precision", "batch", "images/s", "predicted", "error")
TIME = ("source", "devices", "batch", "epochs", "seconds", "predicted", "error", "remarks")


def middle(values: Sequence[float]) -> float:
    return median(map(abs, values))


def largest(values: Sequence[float]) -> float:
    return max(map(abs, values))


def sections() -> list[tuple[str, tuple[str, ...], list[Row]]]:
    """Each table with the line that sums it up."""
    rows, found, unseen = efficiency_rows()
    speeds, ratios = speed_rows()
    times, time_ratios = training_rows()
    summary = (
        f"{len(rows)} efficiencies: median error {100 * middle(found):.1f} points, largest {100 * largest(found):.0f}; "
        f"blind, median {100 * middle(unseen):.1f}, largest {100 * largest(unseen):.0f}."
    )
    return [
        (summary, EFFICIENCY, rows),
        (f"{len(speeds)} speeds of one device: median error {middle(ratios):.0%}.", SPEED, speeds),
        (f"{len(times)} times of whole trainings: median error {middle(time_ratios):.0%}.", TIME, times),
    ]


def markdown() -> str:
    """The tables as they stand in docs/scaling.md, and the sources by the words that stand for them."""
    parts = []
    for summary, head, rows in sections():
        lines = [head, ["---"] * len(head), *rows]
        parts.append(f"{summary}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines if line))
    parts.append("\n".join(f"- `{word}`: {source}." for word, source in SOURCES.items()))
    return "\n\n".join(parts) + "\n"


def fill(text: str) -> str:
    """The page with the tables as they come out now."""
    place = re.compile(r"(<!-- scaling -->\n).*?(<!-- end -->)", re.DOTALL)
    return place.sub(lambda found: f"{found[1]}{markdown()}{found[2]}", text)


def main() -> None:
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(fill(PAGE.read_text()))
        return
    print(f"constants: a share of {Cluster.share} of each link, a jitter of {Cluster.jitter}, {START} images a start")
    print(f"chosen by all figures: {choose(FIGURES)}\n")
    for summary, head, rows in sections():
        marks = "".join(
            "<" if word in ("source", "network", "device", "precision", "remarks") else ">" for word in head
        )
        print("\n".join(format_columns([head, RULE, *rows], marks, 200)), summary, "", sep="\n")


if __name__ == "__main__":
    main()
