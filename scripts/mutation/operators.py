"""The mutation operators: what a small mistake would look like."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from mutation.mutant import TEXTS, File, Mutant, is_docstring, is_left_alone, within

COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "%"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
}


def mutants(path: str, source: bytes) -> list[Mutant]:
    """All mutants of a file, in the order of their places."""
    file, tree = File(path, source), ast.parse(source)
    found = {each for statement in tree.body for each in of_statement(file, statement, None)}
    return sorted(found, key=lambda each: (each.start, each.end, each.after))


def of_statement(file: File, node: ast.stmt, returns: ast.expr | None) -> Iterator[Mutant]:
    """The mutants of a statement, and of those in it; `returns` is the annotation of the function it is in."""
    if is_left_alone(node) or is_docstring(node):
        return
    yield from (within(each, node) for each in statement_itself(file, node, returns))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        returns = node.returns
    for child in children(node):
        if isinstance(child, ast.stmt):
            yield from of_statement(file, child, returns)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            for inner in child.body:
                yield from of_statement(file, inner, returns)
            if isinstance(child, ast.match_case) and child.guard:
                yield from (within(each, node) for each in of_expression(file, child.guard))
        else:
            yield from (within(each, node) for each in of_expression(file, child))


def children(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a node, but for annotations."""
    for name, value in ast.iter_fields(node):
        if name not in {"annotation", "returns"}:
            yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, ast.AST))


def of_expression(file: File, node: ast.AST) -> Iterator[Mutant]:
    if is_left_alone(node):
        return
    yield from expression_itself(file, node)
    for child in children(node):
        yield from of_expression(file, child)


def statement_itself(file: File, node: ast.stmt, returns: ast.expr | None) -> Iterator[Mutant]:
    match node:
        case ast.Return(value=ast.expr() as value) if returns and "None" not in ast.unparse(returns):
            yield file.change(value, "None")
        case ast.Expr(value=ast.Call() as call) if not is_left_alone(call):
            yield file.change(node, "pass")
        case ast.Break():
            yield file.change(node, "continue")
        case ast.Continue():
            yield file.change(node, "break")
        case ast.AugAssign(target=target, op=operator, value=value) if type(operator) in ARITHMETIC:
            yield from file.swap(target, value, *ARITHMETIC[type(operator)])
        case ast.If(test=test):
            yield from condition(file, test)
        case ast.While(test=test) if not isinstance(test, ast.Constant):
            yield file.change(test, "False")


def expression_itself(file: File, node: ast.AST) -> Iterator[Mutant]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            for (a, b), operator in zip(pairwise([left, *others]), ops, strict=True):
                yield from file.swap(a, b, *COMPARISONS[type(operator)])
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in ARITHMETIC and not is_format(node):
            yield from file.swap(left, right, *ARITHMETIC[type(operator)])
        case ast.BoolOp(op=operator, values=[a, b, *_]):
            old, new = ("and", "or") if isinstance(operator, ast.And) else ("or", "and")
            yield from file.swap(a, b, old, new)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield file.change(node, file.text(operand))
        case ast.Constant():
            yield from constant(file, node)
        case ast.IfExp(test=test):
            yield from condition(file, test)
        case ast.comprehension(ifs=tests):
            yield from (each for test in tests for each in condition(file, test))
        case ast.Call():
            yield from keyword_dropped(file, node)
        case ast.Slice(lower=lower, upper=upper):
            for bound in (lower, upper):
                if bound:
                    yield file.change(bound, f"({file.text(bound)}) - 1")
                if bound and not isinstance(bound, ast.Constant):  # a constant is raised as one
                    yield file.change(bound, f"({file.text(bound)}) + 1")


def condition(file: File, test: ast.expr) -> Iterator[Mutant]:
    yield file.change(test, "True")
    yield file.change(test, "False")


def is_format(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)


def constant(file: File, node: ast.Constant) -> Iterator[Mutant]:
    """Another number, truth value or short string; a string with spaces is a text for people."""
    match node.value:
        case bool():
            yield file.change(node, str(not node.value))
        case int() | float():
            yield file.change(node, repr(node.value + 1))
        case str() if node.value and not any(letter.isspace() for letter in node.value):
            yield file.change(node, repr("XX" + node.value))
        case bytes() if node.value:
            yield file.change(node, repr(b"XX" + node.value))


def keyword_dropped(file: File, call: ast.Call) -> Iterator[Mutant]:
    """A call without one of its keyword arguments, and without the comma that parts it from its neighbour."""
    arguments: list[ast.expr | ast.keyword] = sorted([*call.args, *call.keywords], key=file.span)
    for at, argument in enumerate(arguments):
        if not isinstance(argument, ast.keyword) or argument.arg is None or argument.arg in TEXTS:
            continue
        start, end = file.span(argument)
        if at:
            behind = file.span(arguments[at - 1])[1]
            start = behind + file.source[behind:start].rindex(b",")
        elif len(arguments) > 1:
            end = file.span(arguments[1])[0]
        yield file.cut(start, end, "")
