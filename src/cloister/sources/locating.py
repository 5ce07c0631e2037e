"""The region of a single resource: readers write it where it is not that of the environment."""

from cloister.origin import Origin
from cloister.sources.declared import Value
from cloister.sources.draft import Draft
from cloister.sources.written import Path

_SECTIONS = ("workspaces", "storage_accounts", "services", "computes")
_GLOBAL = "global"


def region_of(location: Value) -> str:
    """A region as Azure writes it in names, such as westeurope of West Europe; empty where none is told."""
    region = location.replace(" ", "").lower() if isinstance(location, str) else ""
    return "" if region == _GLOBAL else region


def locate(draft: Draft, path: Path | None, location: Value, region: str, place: Origin) -> None:
    """Write where a resource stands, if the document says that of its kind and it is elsewhere."""
    there = region_of(location)
    if path is not None and len(path) > 1 and path[0] in _SECTIONS and there not in ("", region):
        draft.put((*path, "location"), there, place)
