"""A part of an answer, by the query that `az` takes, and in the forms that scripts read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from cloister.errors import Fault, SpecError


@dataclass(frozen=True, slots=True)
class Query:
    """A JMESPath expression. Raises SpecError where it is none."""

    text: str
    _compiled: Any = field(init=False, repr=False)  # the library has no types

    def __post_init__(self) -> None:
        from jmespath import compile as compiled  # noqa: PLC0415 - with a query alone
        from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - as above

        try:
            object.__setattr__(self, "_compiled", compiled(self.text))
        except JMESPathError as error:
            reason = str(error).strip().partition("\n")[0]
            mend = "write a key (name), or a list of them ([].name)"
            raise SpecError(Fault(f"--query {self.text[:80]}", f"is no JMESPath: {reason}", mend)) from error

    def of(self, document: object) -> object:
        """The part of the document; None where there is none such. Raises SpecError where it cannot be asked of it."""
        from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - as above

        try:
            found: object = self._compiled.search(document)
        except JMESPathError as error:
            reason = str(error).strip().partition("\n")[0]
            raise SpecError(Fault(f"--query {self.text[:80]}", reason, "look at the whole: -o json")) from error
        return found


def tab_separated(document: object) -> str:
    """A line for each of a list, or for the one thing; the values of a mapping or a list between tabs.

    What lies deeper is left empty, of a list its length is told: as `az` has it.
    """
    return "\n".join("\t".join(map(_cell, _values(row))) for row in _rows(document))


def as_table(document: object) -> str:
    """Rows below their keys, in columns; of what has no keys, the rows alone."""
    rows = _rows(document)
    heads = [list(map(str, row)) for row in rows[:1] if isinstance(row, Mapping)]
    cells = [*heads, *([_cell(value) for value in _values(row)] for row in rows)]
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    return "\n".join("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=False)).rstrip() for row in cells)


def _rows(document: object) -> list[object]:
    return document if isinstance(document, list) else [document]


def _values(row: object) -> list[object]:
    if isinstance(row, Mapping):
        return list(row.values())
    return row if isinstance(row, list) else [row]


def _cell(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return str(len(value))
        case dict():
            return ""
    return str(value)
