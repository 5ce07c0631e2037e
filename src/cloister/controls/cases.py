"""The examples of a control: specs for which its claim is true, false, or cannot be told, and what mends them.

They lie beside the control as `azNNN_slug.cases.yaml`. The tests run each of them; the documentation shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from cloister.controls.control import Entry

_BASE = {"version": 1, "blueprint": "azure-hub-spoke"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a control is expected to say about one resource."""

    resource: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class Case:
    """A spec, laid over the blueprint, with what the control says of it, and the changes that mend it."""

    name: str
    spec: Mapping[str, Any]
    told: tuple[Told, ...] = ()
    mended: Mapping[str, Any] | None = None

    @property
    def document(self) -> str:
        """The spec as a user would write it."""
        return _document(self.spec)

    @property
    def mended_document(self) -> str:
        """The mended spec as a user would write it."""
        return _document(self.mended or {})


@dataclass(frozen=True, slots=True)
class Cases:
    """All cases of one control. `never_undecided` says why there are no undecidable ones, where there are none."""

    passing: tuple[Case, ...]
    failing: tuple[Case, ...]
    undecidable: tuple[Case, ...]
    never_undecided: str

    def __post_init__(self) -> None:
        if not self.passing or not self.failing or not (self.undecidable or self.never_undecided):
            message = "a control needs passing and failing cases, and undecidable ones or a reason why there are none"
            raise ValueError(message)


def cases_of(entry: Entry) -> Cases:
    """The cases of a control, from the file beside it."""
    module = entry.check.__module__.rpartition(".")[2]
    text = files(__package__).joinpath(f"{module}.cases.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    return Cases(
        passing=tuple(_case(one, "") for one in content["passing"]),
        failing=tuple(_case(one, "findings") for one in content["failing"]),
        undecidable=tuple(_case(one, "undecided") for one in content.get("undecidable", ())),
        never_undecided=content.get("never_undecided", ""),
    )


def _case(content: Mapping[str, Any], told: str) -> Case:
    return Case(
        name=content["name"],
        spec=content.get("spec") or {},
        told=tuple(Told(**one) for one in content[told]) if told else (),
        mended=content.get("mended"),
    )


def _document(spec: Mapping[str, Any]) -> str:
    return yaml.safe_dump({**_BASE, "name": "example", **spec}, sort_keys=False, default_flow_style=False)
