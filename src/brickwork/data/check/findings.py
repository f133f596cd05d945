"""Findings on a dataset, case by case, and the report that holds them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from brickwork.data.check.rules import RULES, SEVERITIES, Rule, Severity
from brickwork.data.index import Index
from brickwork.data.names import shorten


@dataclass(frozen=True)
class Case:
    """One occurrence: a file, a group of files that belong together, or a class."""

    files: tuple[str, ...] = ()
    detail: str = ""
    images: tuple[int, ...] = ()  # the files' places in the index, where they are images


@dataclass(frozen=True, repr=False)
class Finding:
    """A rule and all its cases in a dataset."""

    rule: Rule
    cases: tuple[Case, ...]

    def __repr__(self) -> str:
        return f"Finding({self.severity} {self.rule.code}: {len(self.cases):,} {self._title})"

    @property
    def severity(self) -> Severity:
        return self.rule.severity

    def as_warning(self) -> "Finding":
        """The finding with the severity of a warning."""
        return replace(self, rule=replace(self.rule, severity="warning"))

    def document(self) -> dict[str, Any]:
        """The finding as plain data for JSON."""
        rule = {name: value for name, value in asdict(self.rule).items() if name not in ("one", "many")}
        cases = [{"files": list(case.files), "detail": case.detail} for case in self.cases]
        return {**rule, "title": self._title, "count": len(self.cases), "cases": cases}

    @property
    def _title(self) -> str:
        return self.rule.one if len(self.cases) == 1 else self.rule.many


@dataclass(frozen=True, repr=False)
class CheckReport:
    """Report of a check: a dataset's index, and the findings on what is wrong with it."""

    name: str
    classes: tuple[str, ...]
    splits: Mapping[str, int]  # how many images each has
    index: Index
    findings: tuple[Finding, ...]  # errors first
    notes: tuple[str, ...] = ()  # sentences of its opening that no finding repeats

    def __repr__(self) -> str:
        counts = ", ".join(f"{severity}s {self.cases(severity):,}" for severity in SEVERITIES)
        return f"CheckReport({shorten(self.name)!r}, {len(self.index.entries):,} images, {counts})"

    def cases(self, severity: Severity) -> int:
        """The number of cases of this severity."""
        return sum(len(finding.cases) for finding in self.findings if finding.severity == severity)

    def of(self, *codes: str) -> list[Case]:
        """The cases of these rules."""
        return [case for finding in self.findings if finding.rule.code in codes for case in finding.cases]


def findings(cases: Iterable[tuple[str, Case]]) -> list[Finding]:
    """Findings in the order of the rules, from cases that come with their rules' codes."""
    by_code: dict[str, list[Case]] = {}
    for code, case in cases:
        by_code.setdefault(code, []).append(case)
    return [Finding(rule, tuple(by_code[code])) for code, rule in RULES.items() if code in by_code]
