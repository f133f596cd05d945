"""What was found in a data set, case by case."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from brickwork.data.check.rules import RULES, Rule, Severity
from brickwork.data.index import Index


@dataclass(frozen=True)
class Case:
    """One occurrence: a file, a group of files that belong together, or a class."""

    files: tuple[str, ...] = ()
    detail: str = ""
    images: tuple[int, ...] = ()  # the files' places in the index, where they are images


@dataclass(frozen=True)
class Finding:
    """All cases of one rule."""

    rule: Rule
    cases: tuple[Case, ...]

    @property
    def severity(self) -> Severity:
        return self.rule.severity

    def as_warning(self) -> "Finding":
        """The same as a warning."""
        return replace(self, rule=replace(self.rule, severity="warning"))

    def document(self) -> dict[str, Any]:
        """As plain data for JSON."""
        rule = asdict(self.rule)
        title = rule.pop("one"), rule.pop("many")
        cases = [{"files": list(case.files), "detail": case.detail} for case in self.cases]
        return {**rule, "title": title[len(self.cases) > 1], "count": len(self.cases), "cases": cases}


@dataclass(frozen=True)
class CheckReport:
    """A data set as it was read once, and what is wrong with it."""

    name: str
    classes: tuple[str, ...]
    splits: Mapping[str, int]  # how many images each has
    index: Index
    findings: tuple[Finding, ...]  # errors first
    notes: tuple[str, ...] = ()  # what else was said when it was opened

    def cases(self, severity: Severity) -> int:
        """How many cases are so grave."""
        return sum(len(finding.cases) for finding in self.findings if finding.severity == severity)

    def of(self, *codes: str) -> list[Case]:
        """The cases of these rules."""
        return [case for finding in self.findings if finding.rule.code in codes for case in finding.cases]


def findings(found: Iterable[tuple[str, Case]]) -> list[Finding]:
    """Cases, each with the code of its rule, as findings in the order of the rules."""
    by_code: dict[str, list[Case]] = {}
    for code, case in found:
        by_code.setdefault(code, []).append(case)
    return [Finding(rule, tuple(by_code[code])) for code, rule in RULES.items() if code in by_code]
