"""Computes and quotas from Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cloister.errors import Fault, SpecError
from cloister.sdk.control import ControlClient

Document = dict[str, Any]


class Computes:
    """The computes of a platform, as documents of its API; `rest` in one is the official SDK's REST object."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def create(self, source: Any, **changes: object) -> Document:  # noqa: ANN401 - a path, or an untyped SDK's object
        """Make a compute from its YAML file or from one of azure.ai.ml, or replace the one of its name."""
        rest, said = rest_of(source, changes)
        made = self._put(str(rest["name"]), rest)
        keys = {note.partition(":")[0] for note in said}
        return made | {"notes": [*said, *(note for note in made["notes"] if note.partition(":")[0] not in keys)]}

    def show(self, name: str) -> Document:
        """The compute of that name."""
        found: Document = self._control.request("GET", _path(name)).json()
        return found

    def list(self) -> tuple[Document, ...]:
        """Every compute, by name."""
        return tuple(self._control.request("GET", "computes").json()["computes"])

    def update(self, name: str, bounds: Mapping[str, object], tags: Mapping[str, str] | None = None) -> Document:
        """Change bounds (`min_instances`, `max_instances`, `idle_time_before_scale_down`) and tags; others stay."""
        rest = self.show(name)["rest"]
        scale = rest["properties"].setdefault("properties", {}).setdefault("scaleSettings", {})
        keys = {"min_instances": "minNodeCount", "max_instances": "maxNodeCount"}
        for key, value in bounds.items():
            if key == "idle_time_before_scale_down":
                scale["nodeIdleTimeBeforeScaleDown"] = f"PT{value}S"
            else:
                scale[keys[key]] = value
        if tags:
            rest["tags"] = {**rest.get("tags", {}), **tags}
        return self._put(name, rest)

    def delete(self, name: str) -> None:
        """Forget a compute; what waits for it runs on the default one's terms."""
        self._control.request("DELETE", _path(name))

    def _put(self, name: str, rest: Document) -> Document:
        made: Document = self._control.request("PUT", _path(name), json=rest).json()
        return made


class Quotas:
    """The quotas of a platform, as documents of its API."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def list(self) -> tuple[Document, ...]:
        """Every quota."""
        return tuple(self._control.request("GET", "quotas").json()["quotas"])

    def show(self, scope: str, name: str) -> Document:
        """What a person or a project uses, and the quotas that bind it."""
        found: Document = self._control.request("GET", f"quotas/{scope}/{quote(name, safe='')}").json()
        return found

    def set(self, scope: str, name: str, limits: Mapping[str, float]) -> Document:
        """Set the bounds of a person, a project, or `*` for each."""
        address = f"quotas/{scope}/{quote(name, safe='')}"
        made: Document = self._control.request("PUT", address, json=dict(limits)).json()
        return made

    def delete(self, scope: str, name: str) -> None:
        """Let a quota be."""
        self._control.request("DELETE", f"quotas/{scope}/{quote(name, safe='')}")


def rest_of(source: Any, changes: Mapping[str, object]) -> tuple[Document, tuple[str, ...]]:  # noqa: ANN401 - as above
    """The official SDK's REST object of a compute, with keys of its YAML changed; and what has no effect of them.

    Raises SpecError.
    """
    from cloister.jobs.compute.compute import without_secrets  # noqa: PLC0415 - as below
    from cloister.jobs.reading.documents import load_document  # noqa: PLC0415 - the SDK takes seconds to import

    said: tuple[str, ...] = ()
    if isinstance(source, str | Path):
        loaded = load_document("compute", Path(source), changes)
        source, said = loaded.entity, loaded.notes
    if not hasattr(source, "_to_rest_object"):
        mend = "give a file, or an AmlCompute of azure.ai.ml"
        raise SpecError(Fault(f"a {type(source).__name__}", "is no compute", mend))
    found = source._to_rest_object()  # noqa: SLF001 - no public door
    rest: Document = found.serialize() if hasattr(found, "serialize") else found.as_dict()
    return without_secrets(rest | {"name": source.name}), said


def _path(name: str) -> str:
    return f"computes/{quote(name, safe='')}"
