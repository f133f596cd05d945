"""Lint: what is wrong, wasteful or risky in a network, judged by arithmetic before it is built."""

from brickwork.linting.report import Finding, LintReport, lint
from brickwork.linting.rules import RULES, SEVERITIES, Rule

__all__ = ["RULES", "SEVERITIES", "Finding", "LintReport", "Rule", "lint"]
