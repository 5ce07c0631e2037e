"""The expressions of MLTable's `filter`: `col("temperature") > 32 and col("location") == "UK"`. Pure.

They look like Python, but are never run: each part is one that is known here.
"""

import ast
import functools
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_COMPARISONS = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class FilterError(Exception):
    """An expression that is none; the message is the reason."""


def mask(frame: "pd.DataFrame", expression: str) -> "pd.Series[bool]":
    """Which rows the expression is true for. Raises FilterError."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise FilterError(f"{expression!r} is no expression: {error.msg}") from error
    return _truth(frame, tree.body)


def _truth(frame: "pd.DataFrame", node: ast.expr) -> "pd.Series[Any]":
    if isinstance(node, ast.BoolOp):
        first, *others = (_truth(frame, part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr))
        joined = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return functools.reduce(joined, others, first)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ~_truth(frame, node.operand)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
        left, right = _value(frame, node.left), _value(frame, node.comparators[0])
        try:
            return _COMPARISONS[type(node.ops[0])](left, right)  # type: ignore[no-any-return]
        except TypeError as error:
            raise FilterError(f"{ast.unparse(node)!r} compares what cannot be compared: {error}") from error
    raise FilterError(f"{ast.unparse(node)!r} is no comparison of a column, nor such joined by and, or, not")


def _value(frame: "pd.DataFrame", node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value  # type: ignore[operator]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "col" and len(node.args) == 1:
        name = node.args[0]
        if isinstance(name, ast.Constant) and name.value in frame.columns:
            return frame[name.value]
        raise FilterError(f"the table has no column {ast.unparse(name)}")
    raise FilterError(f'{ast.unparse(node)!r} is neither a literal nor col("NAME")')
