"""Where a value was written: the place that every finding and every trace step points to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in a file. Lines and columns count from 1; column 0 means that the whole line is meant.

    `fields` holds the places of a resource's own attributes, so that a finding about one attribute can name its line.
    `elsewhere` holds those that another file wrote: an environment that overrides an attribute of its blueprint.
    `address` is what its source calls the place where lines say little: `azurerm_subnet.ml.address_prefixes` in a plan.
    """

    file: str
    line: int
    column: int = 0
    fields: tuple[tuple[str, int, int], ...] = ()
    elsewhere: tuple[tuple[str, "Origin"], ...] = ()
    address: str = ""

    def of(self, field: str) -> "Origin":
        """The place of one attribute, or of the resource itself where the attribute was not written."""
        for name, place in self.elsewhere:
            if name == field:
                return place
        for name, line, column in self.fields:
            if name == field:
                return Origin(self.file, line, column)
        return Origin(self.file, self.line, self.column, address=self.address)

    def states(self, field: str) -> bool:
        """Whether the author wrote this attribute, as against a default that Cloister filled in."""
        return any(name == field for name, *_ in (*self.fields, *self.elsewhere))

    def __str__(self) -> str:
        return f"{self.file}: {self.address}" if self.address else f"{self.file}:{self.line}"
