"""Findings on a network, and the report that holds them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from brickwork.errors import BrickworkError
from brickwork.linting.layers import CHECKS
from brickwork.linting.place import Case, places
from brickwork.linting.rules import RULES, SEVERITIES, Rule, Severity
from brickwork.network import Network, cost
from brickwork.network.cost import misfit
from brickwork.network.layer import TooSmall, shape_text


class Finding(NamedTuple):
    """A rule, and a place in the network where it holds."""

    rule: Rule
    path: str
    detail: str

    def to_dict(self) -> dict[str, str]:
        return {**asdict(self.rule), "path": self.path, "detail": self.detail}

    def __repr__(self) -> str:
        return f"Finding({self.rule.severity} {self.rule.code} {self.path}: {self.detail})"


@dataclass(frozen=True, repr=False)
class LintReport:
    """What was found, errors first."""

    network: Network
    findings: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        return sum(finding.rule.severity == severity for finding in self.findings)

    @property
    def codes(self) -> set[str]:
        return {finding.rule.code for finding in self.findings}

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.network.name,
            "input": self.network.input,
            **{f"{severity}s": self.count(severity) for severity in SEVERITIES},
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __repr__(self) -> str:
        counts = ", ".join(f"{severity}s {self.count(severity)}" for severity in SEVERITIES)
        return f"LintReport({self.network}, {counts})"


def lint(network: Network, batch: int | None = None) -> LintReport:
    """Judge a network on its input, without torch; `batch` is how many images train at once, where that is known.

    A network whose input does not fit has that finding alone.
    """
    cases = list(_misfits(network))
    if not cases:
        found = places(network)
        cases = [case for check in CHECKS for case in check(network, found, batch)]
    findings = [Finding(RULES[case.code], case.path, case.detail) for case in cases]
    return LintReport(network, tuple(sorted(findings, key=lambda found: SEVERITIES.index(found.rule.severity))))


def _misfits(network: Network) -> Iterator[Case]:
    try:
        cost(network)
    except BrickworkError as fault:
        size = network.input[1], network.input[2]
        bare = misfit(replace(network, side_heads=()), size)
        path, _, detail = str(fault).removeprefix(f"{network.name} on {shape_text(network.input)}: ").partition(": ")
        small = isinstance(misfit(network, size), TooSmall)
        yield Case("N102" if not small else "N103" if bare is None else "N101", path, detail)
