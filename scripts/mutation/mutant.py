"""A mutant: one place of a file with another text. And which places of a file are left alone."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

LOGGING = {"log", "logger", "logging"}
TEXTS = {"help", "short_help", "metavar", "epilog"}  # keywords of click and of fields
SHOWN = {"__repr__", "_repr_html_"}
UNCHECKED = {"Literal", "TypeVar", "NewType", "cast", "overload"}  # for mypy alone


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int
    start: int  # bytes of the file
    end: int
    before: str
    after: str
    first: int = 0  # the lines of the statement
    last: int = 0

    def text(self, source: bytes) -> str:
        return (source[: self.start] + self.after.encode() + source[self.end :]).decode()

    def __str__(self) -> str:
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"{self.path}:{self.line}: {before} -> {after or '(nothing)'}"


@dataclass(frozen=True)
class File:
    path: str
    source: bytes

    @cached_property
    def starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer(b"\n", self.source))]

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def text(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        return self.between(*self.span(node))

    def between(self, start: int, end: int) -> str:
        return self.source[start:end].decode()

    def change(self, node: ast.expr | ast.stmt | ast.keyword, after: str) -> Mutant:
        return self.cut(*self.span(node), after)

    def cut(self, start: int, end: int, after: str) -> Mutant:
        line = self.source.count(b"\n", 0, start) + 1
        return Mutant(self.path, line, start, end, self.between(start, end), after)

    def swap(self, left: ast.expr, right: ast.expr, old: str, new: str) -> Iterator[Mutant]:
        """Another operator between two operands."""
        start, end = self.span(left)[1], self.span(right)[0]
        gap = self.between(start, end)
        if "#" in gap:  # a comment may hold the operator too
            return
        if old in gap:
            at = start + gap.index(old)
            yield self.cut(at, at + len(old), new)


def within(mutant: Mutant, statement: ast.stmt) -> Mutant:
    """A mutant that knows the lines of its statement: of its head, where other statements stand in it."""
    body = getattr(statement, "body", None)
    last = max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno
    first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", []))])
    return replace(mutant, first=first, last=last or statement.lineno)


def is_left_alone(node: ast.AST) -> bool:
    """Whether nothing in a node is mutated: what only people read, what only mypy reads, what cannot happen."""
    match node:
        case ast.Assert() | ast.Raise() | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.FunctionDef(name=name):
            return name in SHOWN
        case ast.If(test=test):
            return "TYPE_CHECKING" in ast.unparse(test) or "__name__" in ast.unparse(test)
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in {"__all__", "__slots__"}
        case ast.Call(func=function):
            return is_text_for_people(function)
        case ast.Subscript(value=ast.Name(id=name)):
            return name in UNCHECKED
        case ast.keyword(arg=name):
            return name in TEXTS
    return False


def is_text_for_people(function: ast.expr) -> bool:
    name = ast.unparse(function)
    return (
        name in UNCHECKED or name.split(".")[0] in LOGGING or name.endswith(("Error", "Exception", "Warning", "warn"))
    )


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
