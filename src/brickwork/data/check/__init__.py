"""What is wrong with a data set, found by reading it once."""

from brickwork.data.check.examine import check
from brickwork.data.check.findings import Case, Finding, Report
from brickwork.data.check.fix import can_list, check_place, left_out, write_manifest
from brickwork.data.check.rules import RULES, SEVERITIES, Rule, Severity

__all__ = [
    "RULES",
    "SEVERITIES",
    "Case",
    "Finding",
    "Report",
    "Rule",
    "Severity",
    "can_list",
    "check",
    "check_place",
    "left_out",
    "write_manifest",
]
