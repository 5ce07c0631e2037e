"""The examples of a control: specs for which its claim is true, false, or cannot be told, and what mends them.

They lie beside the control as `azNNN_slug.cases.yaml`. The tests run each of them; the documentation shows them. A case
stands on a blueprint, `azure-hub-spoke` unless the file or the case itself names another; what the file holds as `base`
is laid under the spec of each of its cases.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from cloister.controls.control import Decided, Entry

_BLUEPRINT = "azure-hub-spoke"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Told:
    """What a control is expected to say about one resource."""

    resource: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class Case:
    """A spec, laid over the blueprint, with what the control says of it, and the changes that mend it.

    `also` are the other controls that report the same spec, because one thing follows from the other.
    """

    name: str
    spec: Mapping[str, Any]
    told: tuple[Told, ...] = ()
    mended: Mapping[str, Any] | None = None
    blueprint: str = _BLUEPRINT
    also: tuple[str, ...] = ()

    @property
    def document(self) -> str:
        """The spec as a user would write it."""
        return self._document(self.spec)

    @property
    def mended_document(self) -> str:
        """The mended spec as a user would write it."""
        return self._document(self.mended or {})

    def _document(self, spec: Mapping[str, Any]) -> str:
        head = {"version": 1, "blueprint": self.blueprint, "name": "example"}
        return yaml.safe_dump({**head, **spec}, sort_keys=False, default_flow_style=False)


@dataclass(frozen=True, slots=True)
class Cases:
    """All cases of one control. `never_undecided` says why there are no undecidable ones, where there are none.

    `due` are those in which a person has to state what the input does not tell.
    """

    passing: tuple[Case, ...]
    failing: tuple[Case, ...]
    undecidable: tuple[Case, ...]
    never_undecided: str
    due: tuple[Case, ...] = ()

    def __post_init__(self) -> None:
        if not self.passing or not self.failing or not (self.undecidable or self.due or self.never_undecided):
            message = "a control needs passing and failing cases, and undecidable ones or a reason why there are none"
            raise ValueError(message)


@cache
def cases_of(entry: Entry) -> Cases | None:
    """The cases of a control, from the file beside it; none where only a person tells, since there all are alike."""
    if entry.control.decided is Decided.ATTESTED:
        return None
    package, _, module = entry.check.__module__.rpartition(".")
    text = files(package).joinpath(f"{module}.cases.yaml").read_text(encoding="utf-8")
    content = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    blueprint, base = content.get("blueprint", _BLUEPRINT), content.get("base", {})

    def cases(kind: str, told: str) -> tuple[Case, ...]:
        return tuple(_case(one, told, blueprint, base) for one in content.get(kind, ()))

    return Cases(
        passing=cases("passing", ""),
        failing=cases("failing", "findings"),
        undecidable=cases("undecidable", "undecided"),
        never_undecided=content.get("never_undecided", ""),
        due=cases("due", "due"),
    )


def _case(content: Mapping[str, Any], told: str, blueprint: str, base: Mapping[str, Any]) -> Case:
    mended = content.get("mended")
    return Case(
        name=content["name"],
        spec=_laid(base, content.get("spec") or {}),
        told=tuple(Told(**one) for one in content[told]) if told else (),
        mended=None if mended is None else _laid(base, mended),
        blueprint=content.get("blueprint", blueprint),
        also=tuple(content.get("also", ())),
    )


def _laid(base: Mapping[str, Any], over: Mapping[str, Any]) -> Mapping[str, Any]:
    """One spec laid over another, as a document is over its blueprint: mappings merge, and null removes."""
    both = {**base}
    for key, value in over.items():
        if value is None and key in base:
            del both[key]
        else:
            inner = base.get(key)
            both[key] = _laid(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return both
