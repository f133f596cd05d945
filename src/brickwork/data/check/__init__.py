"""Dataset check: rules, and findings on what is wrong with a dataset, from reading it once."""

from brickwork.data.check.examine import check
from brickwork.data.check.findings import Case, CheckReport, Finding
from brickwork.data.check.fix import (
    can_list,
    check_manifest_path,
    classes_without_rows,
    positions_to_drop,
    write_manifest,
)
from brickwork.data.check.rules import RULES, SEVERITIES, Rule, Severity

__all__ = [
    "RULES",
    "SEVERITIES",
    "Case",
    "CheckReport",
    "Finding",
    "Rule",
    "Severity",
    "can_list",
    "check",
    "check_manifest_path",
    "classes_without_rows",
    "positions_to_drop",
    "write_manifest",
]
