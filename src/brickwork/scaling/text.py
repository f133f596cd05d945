"""A scaling as text and as one JSON document."""

from collections.abc import Sequence
from dataclasses import asdict
from textwrap import wrap

from brickwork.network.columns import RULE, format_columns
from brickwork.network.text import count
from brickwork.scaling.cluster import Cluster
from brickwork.scaling.link import link_text
from brickwork.scaling.rule import FEWEST, LARGEST
from brickwork.scaling.scaling import ScaleRow, Scaling

HEAD = ("devices", "batch", "step", "all-reduce", "exposed", "efficiency", "images/s", "training", "lr", "pays from")
SPARED = ("all-reduce", "pays from")
LAUNCH = 10e-6  # seconds to start a layer's kernel; forward, and twice backward


def scaling_text(scalings: Sequence[Scaling], width: int) -> str:
    """A table for each network below one line on the cluster, and what the columns mean."""
    first = scalings[0]
    parts = wrap(f"{first.cluster}; {first.epochs} epochs of {first.images:,} images", width)
    for scaling in scalings:
        parts += ["", *wrap(network_line(scaling), width)]
        parts += table_lines(scaling, width)
    parts += ["", *(line for note in scaling_notes(scalings) for line in wrap(note, width))]
    return "\n".join(parts)


def network_line(scaling: Scaling) -> str:
    """What a step sends, computes and needs, and what batch norm sees."""
    seen = f"batch norm sees {scaling.norm_images} images" if scaling.norm_images else "no batch norm"
    return (
        f"{scaling.network.name}: {size_text(scaling.gradient_bytes)} of gradients a step, "
        f"{count(scaling.work.macs)} MACs an image, {seen}, {size_text(scaling.memory)} a device"
    )


def table_lines(scaling: Scaling, width: int) -> list[str]:
    """A row for each number of devices; without the columns that can be spared where there is no room for all."""
    cells = [HEAD, *map(_scale_cells, scaling.rows)]
    for spared in ((), SPARED):
        head, *rows = [[cell for name, cell in zip(HEAD, row, strict=True) if name not in spared] for row in cells]
        lines = format_columns([head, RULE, *rows], ">" * len(head), width)
        if len(lines[1]) <= width:
            break
    return lines


def _scale_cells(row: ScaleRow) -> tuple[str, ...]:
    step = row.step
    times = (milliseconds(step.total), milliseconds(step.allreduce), milliseconds(step.exposed))
    rate = f"{row.lr:.3g}{'*' if row.past_rule else ''}"
    pays = f"{row.pays_from:,}" if row.pays_from else "never"
    speed = (f"{step.efficiency:.0%}", f"{row.images_per_second:,.0f}", duration(row.seconds))
    return f"{row.devices:,}", f"{row.batch:,}", *times, *speed, rate, pays


def scaling_notes(scalings: Sequence[Scaling]) -> list[str]:
    """What the columns mean, and what a person should know of these numbers."""
    every = [row for scaling in scalings for row in scaling.rows]
    found = [
        "all-reduce: the cheaper of ring and tree; exposed: what of it the backward pass does not hide. "
        "pays from: images a device with which the efficiency is 80 %."
    ]
    if any(row.warmup for row in every):
        found.append(
            "lr: 0.1 x batch / 256 for SGD with momentum, reached over 5 epochs of warm-up (Goyal et al. 2017)."
        )
    if any(row.past_rule for row in every):
        found.append(
            f"*: past {LARGEST:,} images the linear rule breaks: fewer images a device, or LARS (You et al. 2017)."
        )
    found += [text for scaling in scalings for text in scaling_warnings(scaling)]
    return [*found, *(text for scaling in scalings for text in norm_note(scaling)), *lesson(scalings)]


def norm_note(scaling: Scaling) -> list[str]:
    """What it would cost to let batch norm see the whole batch."""
    most = max(scaling.rows, key=lambda row: row.devices)
    if not most.norm_sync:
        return []
    return [
        f"{scaling.network.name}: synchronised over {most.devices:,} devices, its {scaling.work.norms} batch norms "
        f"would add {milliseconds(most.norm_sync)} a step."
    ]


def scaling_warnings(scaling: Scaling) -> list[str]:
    """Where a device does not hold it, batch norm sees too few images, or the arithmetic is too short to be told."""
    name, cluster = scaling.network.name, scaling.cluster
    found = []
    if not cluster.rate and scaling.memory > cluster.chip.memory:
        held = f"and {cluster.device} has {size_text(cluster.chip.memory)}"
        found.append(f"{name}: {cluster.batch} images need {size_text(scaling.memory)}, {held}: fewer a device.")
    if scaling.norm_images and scaling.norm_images < FEWEST:
        found.append(
            f"{name}: batch norm sees {scaling.norm_images} images at a time, however many devices there are; "
            f"{FEWEST} is the fewest with which it is known to do well."
        )
    most = max(scaling.rows, key=lambda row: row.devices)
    if most.batch > scaling.images:
        found.append(f"{name}: a batch of {most.batch:,} is more than the {scaling.images:,} images of an epoch.")
    if is_launching(scaling):
        found.append(f"{name}: so short a step is spent on starting layers: measure the images/s, and give --rate.")
    return found


def is_launching(scaling: Scaling) -> bool:
    """Whether starting the layers takes as long as computing them."""
    starts = 3 * LAUNCH * len(scaling.work.gradients)
    return not scaling.cluster.rate and scaling.rows[0].step.compute < starts


def lesson(scalings: Sequence[Scaling]) -> list[str]:
    """What two networks or more differ by: bytes to send for the time to hide them in."""
    if len(scalings) < 2:
        return []
    parts = [
        f"{scaling.network.name} sends {size_text(scaling.gradient_bytes)} for {milliseconds(row.step.compute)} of "
        f"arithmetic ({row.step.efficiency:.0%})"
        for scaling in scalings
        for row in [max(scaling.rows, key=lambda row: row.devices)]
    ]
    return [f"On {max(row.devices for row in scalings[0].rows):,} devices {'; '.join(parts)}."]


def milliseconds(seconds: float) -> str:
    """Seconds as milliseconds, to three figures."""
    value = 1000 * seconds
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms" if value >= 0.01 else "0 ms"


def duration(seconds: float) -> str:
    """A time in the unit that suits it, to three figures, which is more than a prediction can tell."""
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.3g} s"


def size_text(size: float) -> str:
    """Bytes to three figures: 553 MB."""
    return f"{count(round(size))}B"


def scaling_document(scaling: Scaling) -> dict[str, object]:
    """What `scale --json` prints of a network. Times are seconds, sizes bytes."""
    return {
        "name": scaling.network.name,
        "params": scaling.work.params,
        "macs": scaling.work.macs,
        "gradient_bytes": scaling.gradient_bytes,
        "memory_bytes": scaling.memory,
        "norm_images": scaling.norm_images,
        "rows": [
            {**asdict(row), "step": {**asdict(row.step), "total": row.step.total, "efficiency": row.step.efficiency}}
            for row in scaling.rows
        ],
    }


def cluster_document(cluster: Cluster) -> dict[str, object]:
    """The fields of a cluster, and its link as it was understood."""
    return {**asdict(cluster), "link": link_text(cluster.between)}
