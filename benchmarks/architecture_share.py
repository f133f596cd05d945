"""Prints, for each family file of the zoo, its lines and the share of them that is architecture.

    python benchmarks/architecture_share.py

A line is architecture when it belongs to a table of networks or its columns, to an argument that varies a network
(what its brackets take), or to the expression of a network or a block. Imports and the choice of a row are not.
Blank lines, comments and docstrings do not count.
"""

import ast
import sys
from pathlib import Path

import brickwork.zoo

ROOMS = (
    "brickwork.network.algebra",
    "brickwork.network.blocks",
    "brickwork.network.layers",
    "brickwork.network.historic",
)


def words(tree: ast.Module) -> set[str]:
    """The names in a file that make expressions: those it imports from the network room, and its own blocks."""
    imported = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module in ROOMS]
    own = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and gives_expression(node)]
    return {alias.name for node in imported for alias in node.names} | {*own, "Network", "stages"}


def gives_expression(node: ast.FunctionDef) -> bool:
    return isinstance(node.returns, ast.Name) and node.returns.id in ("Expr", "Block")


def docstrings(tree: ast.Module) -> set[int]:
    nodes = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef))]
    texts = [node.body[0] for node in nodes if ast.get_docstring(node)]
    return {line for text in texts for line in range(text.lineno, (text.end_lineno or 0) + 1)}


def share(path: Path) -> tuple[int, int]:
    """Lines that count, and those that are architecture."""
    source = path.read_text()
    tree = ast.parse(source)
    made = words(tree)
    family = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == path.stem)
    variants = {argument.arg for argument in family.args.kwonlyargs} - {"input", "classes"}
    spans: list[ast.AST] = []
    for node in ast.walk(tree):
        table = isinstance(node, ast.Assign | ast.AnnAssign) and node in tree.body
        expression = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in made
        block = isinstance(node, ast.FunctionDef) and gives_expression(node)
        table = table or isinstance(node, ast.Dict)
        columns = isinstance(node, ast.ClassDef)
        variant = isinstance(node, ast.arg) and node.arg in variants
        if table or columns or expression or block or variant:
            spans.append(node)
    inside = {line for node in spans for line in range(node.lineno, (node.end_lineno or 0) + 1)}  # type: ignore[attr-defined]
    texts = docstrings(tree)
    lines = source.splitlines()
    counted = {i for i, text in enumerate(lines, 1) if text.strip() and not text.strip().startswith("#")} - texts
    return len(counted), len(counted & inside)


def main() -> int:
    print(f"{'family':<20}{'lines':>7}{'architecture':>14}{'share':>8}")
    least = 1.0
    for path in sorted(Path(brickwork.zoo.__path__[0]).glob("*.py")):
        if path.stem in ("__init__", "brackets"):
            continue
        lines, architecture = share(path)
        least = min(least, architecture / lines)
        print(f"{path.stem:<20}{lines:>7}{architecture:>14}{architecture / lines:>8.0%}")
    return 0 if least >= 2 / 3 else 1


if __name__ == "__main__":
    sys.exit(main())
