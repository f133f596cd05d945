"""Another tool's count in words."""

from brickwork.network.counts.counts import ToolCount


def count_text(found: ToolCount) -> str:
    """The tool's number, our MACs with what it adds to them, and how it counts, on one line."""
    signs = [f"{'+' if part.number > 0 else '-'} {abs(part.number):,} for {part.of}" for part in found.differences]
    sums = " ".join([f"{found.macs:,} MACs", *signs])
    training = f" ({found.in_training:,} in training mode)" if found.in_training != found.number else ""
    head = (
        f"{found.tool} {found.version} counts {found.number:,} {found.unit}{training} and {found.params:,} parameters"
    )
    return f"{head}: {sums}. {found.reason}"
