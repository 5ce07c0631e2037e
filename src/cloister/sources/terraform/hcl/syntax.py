"""Expressions of HCL as trees: what they are made of, without what they come to."""

import re
from dataclasses import dataclass
from typing import TypeAlias

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|(?P<quote>\")"
    r"|(?P<sign>=>|==|!=|<=|>=|&&|\|\||\.\.\.|[-+*/%!?:<>()\[\]{},.=]))"
)
_BINARY = ({"||"}, {"&&"}, {"==", "!="}, {"<", ">", "<=", ">="}, {"+", "-"}, {"*", "/", "%"})
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_MAX_DEPTH = 60


class SyntaxNotReadError(ValueError):
    """An expression that is written in a way that is not understood here."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Template:
    """Text with expressions in it."""

    parts: tuple["str | Node", ...]


@dataclass(frozen=True, slots=True)
class Name:
    """The beginning of a traversal: `var`, `local`, a type of resource."""

    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """An attribute or an element of something; `key` is a text behind a dot, or an expression in brackets."""

    of: "Node"
    key: "str | Node"


@dataclass(frozen=True, slots=True)
class Splat:
    """The same attribute of every element."""

    of: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with what stands at its sides; of `?` all three."""

    sign: str
    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Members:
    """An object, as pairs of keys and values."""

    pairs: tuple[tuple["Node", "Node"], ...]


@dataclass(frozen=True, slots=True)
class Each:
    """A `for`: over a collection, one value for each element that a condition lets through; with keys, an object."""

    names: tuple[str, ...]
    over: "Node"
    key: "Node | None"
    value: "Node"
    condition: "Node | None"


Node: TypeAlias = Literal | Template | Name | Step | Splat | Call | Operation | Items | Members | Each


def parse(text: str) -> Node:
    """The tree of an expression. Raises SyntaxNotReadError."""
    parser = _Parser(text)
    node = parser.expression()
    parser.end()
    return node


def parse_template(text: str) -> Node:
    """The tree of what stands between quotes. Raises SyntaxNotReadError."""
    return _Parser(text + '"').template()


class _Parser:
    """Reads an expression from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def end(self) -> None:
        """Refuse what stands behind an expression."""
        if self._text[self._at :].strip():
            raise SyntaxNotReadError(self._text[self._at :])

    def expression(self) -> Node:
        """A whole expression, with `?` weakest of all."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise SyntaxNotReadError(self._text)
        node = self._binary(0)
        if self._taken("?"):
            yes = self.expression()
            self._need(":")
            node = Operation("?", (node, yes, self.expression()))
        self._depth -= 1
        return node

    def template(self) -> Node:
        """Text up to the closing quote, with the expressions in it."""
        parts: list[str | Node] = []
        text = ""
        while True:
            letter, two = self._text[self._at : self._at + 1], self._text[self._at : self._at + 2]
            if letter == "" or two == "%{":
                raise SyntaxNotReadError(self._text)
            if letter == '"':
                self._at += 1
                break
            if two == "${" and self._text[self._at : self._at + 3] != "$${":
                self._at += 2
                parts += [text, self.expression()]
                text = ""
                self._need("}")
            elif letter == "\\":
                text += _ESCAPES.get(self._text[self._at + 1 : self._at + 2], "\\")
                self._at += 2
            else:
                dollars = self._text[self._at : self._at + 3] == "$${"
                text += "${" if dollars else letter
                self._at += 3 if dollars else 1
        parts.append(text)
        return Literal(text) if len(parts) == 1 else Template(tuple(part for part in parts if part != ""))

    def _binary(self, level: int) -> Node:
        if level == len(_BINARY):
            return self._unary()
        node = self._binary(level + 1)
        while (sign := self._peek()) in _BINARY[level]:
            self._take()
            node = Operation(sign, (node, self._binary(level + 1)))
        return node

    def _unary(self) -> Node:
        for sign in ("!", "-"):
            if self._taken(sign):
                return Operation(sign, (self._unary(),))
        return self._steps(self._primary())

    def _steps(self, node: Node) -> Node:
        while True:
            if self._taken("."):
                word = self._take()
                node = Splat(node) if word == "*" else Step(node, word)
            elif self._taken("["):
                node = Splat(node) if self._taken("*") else Step(node, self.expression())
                self._need("]")
            else:
                return node

    def _primary(self) -> Node:
        match = self._match()
        word = self._take()
        if match.group("quote"):
            return self.template()
        if match.group("number"):
            return Literal(float(word) if "." in word else int(word))
        if match.group("name"):
            return self._named(word)
        if word == "(":
            node = self.expression()
            self._need(")")
            return node
        if word in "[{":
            return self._collection(word)
        raise SyntaxNotReadError(self._text)

    def _named(self, word: str) -> Node:
        constants: dict[str, bool | None] = {"true": True, "false": False, "null": None}
        if word in constants:
            return Literal(constants[word])
        if not self._taken("("):
            return Name(word)
        arguments = []
        while not self._taken(")"):
            arguments.append(self.expression())
            if self._taken("..."):
                raise SyntaxNotReadError(self._text)
            if not self._taken(","):
                self._need(")")
                break
        return Call(word, tuple(arguments))

    def _collection(self, opening: str) -> Node:
        closing = "]" if opening == "[" else "}"
        if self._peek() == "for":
            return self._for(closing)
        items: list[Node] = []
        pairs: list[tuple[Node, Node]] = []
        while not self._taken(closing):
            first = self.expression()
            if opening == "{":
                if not self._taken("="):
                    self._need(":")
                key = Literal(first.name) if isinstance(first, Name) else first
                pairs.append((key, self.expression()))
            else:
                items.append(first)
            self._taken(",")
        return Items(tuple(items)) if opening == "[" else Members(tuple(pairs))

    def _for(self, closing: str) -> Node:
        self._take()
        names = [self._take()]
        if self._taken(","):
            names.append(self._take())
        self._need("in")
        over = self.expression()
        self._need(":")
        value, key = self.expression(), None
        if closing == "}":
            self._need("=>")
            key, value = value, self.expression()
        condition = self.expression() if self._taken("if") else None
        self._need(closing)
        return Each(tuple(names), over, key, value, condition)

    def _match(self) -> re.Match[str]:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise SyntaxNotReadError(self._text)
        return match

    def _peek(self) -> str:
        match = _TOKEN.match(self._text, self._at)
        return match.group().strip() if match else ""

    def _take(self) -> str:
        match = self._match()
        self._at = match.end()
        return match.group().strip()

    def _taken(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self._take()
        return True

    def _need(self, word: str) -> None:
        if not self._taken(word):
            raise SyntaxNotReadError(self._text)
