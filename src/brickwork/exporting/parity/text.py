"""A parity sheet as text."""

from brickwork.exporting.int8.sheet import int8_lines
from brickwork.exporting.parity.sheet import AccuracyChange, EngineParity, ParitySheet
from brickwork.network.columns import RULE, Row, format_columns

KINDS = {"real": "real", "odd": "with odd sides", "grey": "grey", "turned": "turned by EXIF", "generated": "generated"}


def sheet_text(sheet: ParitySheet, width: int = 120) -> str:
    """The whole sheet: classes first, the summary at the end, where the eye is."""
    parts = [line for row in sheet.engines for line in class_lines(row, width)]
    kinds = ", ".join(f"{count:,} {KINDS[kind]}" for kind, count in sheet.images.items() if count)
    lines = [
        *parts,
        f"Parity of {sheet.file} ({format_text(sheet)}) with {sheet.network} in torch {sheet.versions['torch']}:",
        "",
        *format_columns([HEAD, RULE, *map(engine_row, sheet.engines)], "<<>>>>>", width),
        "",
        *resized_lines(sheet),
        *accuracy_lines(sheet),
        *(int8_lines(sheet.int8, width) if sheet.int8 else []),
        f"Images: {sheet.source}: {kinds}.",
        f"One image takes {sheet.latency:.2f} ms in torch (median; {sheet.versions['threads']} threads).",
    ]
    return "\n".join(lines)


def format_text(sheet: ParitySheet) -> str:
    return f"{sheet.format}, opset {sheet.opset}" if sheet.opset else sheet.format


HEAD = ("engine", "precision", "same pixels", "from files", "allowed", "labels changed", "ms an image")


def engine_row(row: EngineParity) -> Row:
    files = "" if row.from_files is None else f"{row.from_files.probability:.1e}"
    allowed = "shown only" if row.bound is None else f"{row.bound:.0e}"
    same = row.same_pixels
    return (
        row.engine,
        row.precision,
        f"{same.probability:.1e}",
        files,
        allowed,
        f"{same.labels:,}",
        f"{row.latency:.2f}",
    )


def resized_lines(sheet: ParitySheet) -> list[str]:
    """How the graph that resizes fares, an engine a line."""
    return [
        f"Resizing in the graph, {row.engine} in {row.precision}: pixels up to {row.resized.levels} of 255 off Pillow "
        f"{sheet.versions['pillow']} ({row.resized.off:.2%} of them differ), probabilities up to "
        f"{row.resized.probability:.1e}, {row.resized.labels:,} labels changed."
        for row in sheet.engines
        if row.resized
    ]


def accuracy_lines(sheet: ParitySheet) -> list[str]:
    return [
        f"Accuracy, {row.engine} in {row.precision}: {change_text(row.accuracy[0])}."
        for row in sheet.engines
        if row.accuracy
    ]


def change_text(change: AccuracyChange) -> str:
    points = [100 * value for value in (change.change.value, change.change.low, change.change.high)]
    return (
        f"{change.before.value:.2%} before, {change.after.value:.2%} after on {change.before.n:,} images: "
        f"{points[0]:+.2f} points ({points[1]:+.2f} to {points[2]:+.2f})"
    )


def class_lines(row: EngineParity, width: int) -> list[str]:
    """Accuracy class by class, where there are labels."""
    if not row.accuracy:
        return []
    cells: list[Row] = [(each.name, f"{each.before.n:,}", *class_cells(each)) for each in row.accuracy[1:]]
    head = ("class", "images", "before", "after", "points", "from ... to")
    return [f"{row.engine} in {row.precision}:", *format_columns([head, RULE, *cells], "=>>>>>", width), ""]


def class_cells(change: AccuracyChange) -> tuple[str, ...]:
    points = change.change
    return (
        f"{change.before.value:.1%}", f"{change.after.value:.1%}", f"{100 * points.value:+.2f}",
        f"{100 * points.low:+.2f} to {100 * points.high:+.2f}",
    )  # fmt: skip
