"""The expression language of templates: a text such as `[concat('vnet-', parameters('name'))]` as a tree."""

import re
from dataclasses import dataclass
from typing import NoReturn

MAX_DEPTH = 100
"""How deep calls may stand in each other; the deepest that people write are below twenty."""

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_$][\w$]*)|(?P<sign>[()\[\].,]))"
)


class ExpressionError(ValueError):
    """A text that is no expression; says why."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number."""

    value: str | int | float


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function; `name` holds its namespace where it is one of the template's own."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a value: a property by name, or what stands at an index."""

    of: "Node"
    key: "Node"


Node = Literal | Call | Member


def is_expression(text: str) -> bool:
    """Whether a text of a template is an expression. Two brackets at its start stand for one that is meant."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def plain_text(text: str) -> str:
    """A text that is no expression, as it is meant."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


def parse(text: str) -> Node:
    """The tree of an expression with its brackets. Raises ExpressionError."""
    return _Parser(text[1:-1]).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0

    def whole(self) -> Node:
        node = self._node(0)
        if self._next < len(self._tokens):
            self._refuse(f"has {self._tokens[self._next]} after its end")
        return node

    def _node(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self._refuse(f"is nested deeper than {MAX_DEPTH} calls")
        node = self._start(depth)
        while self._peek() in (".", "["):
            if self._take() == ".":
                node = Member(node, Literal(self._word()))
            else:
                node = Member(node, self._node(depth + 1))
                self._expect("]")
        return node

    def _start(self, depth: int) -> Node:
        token = self._take()
        if token.startswith("'"):
            return Literal(token[1:-1].replace("''", "'"))
        if token[0].isdigit() or token[0] == "-":
            return Literal(float(token) if "." in token else int(token))
        if not (token[0].isalpha() or token[0] in "_$"):
            self._refuse(f"has {token} where a value belongs")
        name = token
        while self._peek() == ".":
            self._take()
            name = f"{name}.{self._word()}"
        self._expect("(")
        return Call(name, self._arguments(depth))

    def _arguments(self, depth: int) -> tuple[Node, ...]:
        found: list[Node] = []
        if self._peek() == ")":
            self._take()
            return ()
        while True:
            found.append(self._node(depth + 1))
            sign = self._take()
            if sign == ")":
                return tuple(found)
            if sign != ",":
                self._refuse(f"has {sign} where a comma or a bracket belongs")

    def _word(self) -> str:
        token = self._take()
        if not (token[0].isalnum() or token[0] in "_$"):
            self._refuse(f"has {token} where a name belongs")
        return token

    def _expect(self, sign: str) -> None:
        found = self._take()
        if found != sign:
            self._refuse(f"has {found} where {sign} belongs")

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            self._refuse("ends too early")
        self._next += 1
        return token

    def _refuse(self, reason: str) -> NoReturn:
        raise ExpressionError(f"the expression [{self._text[:60]}] {reason}")


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            message = (
                f"the expression [{text[:60]}] has {text[position : position + 10].strip()!r}, which is no part of one"
            )
            raise ExpressionError(message)
        found.append(match[match.lastgroup or 0])
        position = match.end()
    return found
