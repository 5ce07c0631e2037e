"""A change of one value in the document that describes an environment: a mend that is certain, to be applied."""

import json
from dataclasses import dataclass
from typing import Any

from cloister.origin import Origin


@dataclass(frozen=True, slots=True)
class Edit:
    """Write a value at a way into a resource. `at` is the place of the resource, or that of the attribute itself.

    The value is kept as JSON, so that two edits are equal where they write the same.
    """

    at: Origin
    path: tuple[str, ...]
    json: str

    @property
    def value(self) -> Any:  # noqa: ANN401 - any JSON value
        """What to write."""
        return json.loads(self.json)

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: {self.json}"


def edit(at: Origin, *path: str, value: object) -> Edit:
    """The edit that writes a value."""
    return Edit(at, path, json.dumps(value))
