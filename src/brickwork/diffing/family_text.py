"""A family as text: each network below the one that it comes from, with what changed."""

from textwrap import wrap

from brickwork.diffing.edits import Effect
from brickwork.diffing.family import Branch, Family, FamilyMember
from brickwork.network.text import count

STEP = "    "


def family_text(family: Family, width: int = 120) -> str:
    return "\n".join([member_text(family.members[0]), *branch_lines(family, 0, STEP, width)])


def branch_lines(family: Family, parent: int, indent: str, width: int) -> list[str]:
    lines: list[str] = []
    for branch in family.children(parent):
        lines.append(f"{indent}{member_text(family.members[branch.child])}")
        lines += [f"{indent}{line}" for text in branch_texts(branch) for line in wrap(text, width - len(indent))]
        lines += branch_lines(family, branch.child, indent + STEP, width)
    return lines


def member_text(member: FamilyMember) -> str:
    """A network in one line: name, year, layers, parameters, MACs."""
    year = f" ({member.year})" if member.year else ""
    numbers = f"{count(member.params)} parameters, {count(member.macs)} MACs"
    return f"{member.name}{year}: {member.layers} layers, {numbers}"


def branch_texts(branch: Branch) -> list[str]:
    """What came, what went, what changed, and what it cost, each a text."""
    change = branch.change
    return [
        *([f"+ {', '.join(change.gains)}"] if change.gains else []),
        *([f"- {', '.join(change.losses)}"] if change.losses else []),
        *([f"~ {'; '.join(change.others)}"] if change.others else []),
        f"{cost_text(branch.diff.effect)} by {len(branch.diff.changes):,} edits",
    ]


def cost_text(effect: Effect) -> str:
    """What a way costs or saves: +60.9 M parameters, +1.13 G MACs."""
    return ", ".join(cost_texts(effect))


def cost_texts(effect: Effect) -> tuple[str, str]:
    return f"{count_with_sign(effect.params)} parameters", f"{count_with_sign(effect.macs)} MACs"


def count_with_sign(number: int) -> str:
    return f"{'-' if number < 0 else '+'}{count(abs(number))}"
