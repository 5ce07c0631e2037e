"""Assets of the platform, as the SDK's REST objects: read, made, listed."""

from typing import Any
from urllib.parse import quote

from cloister.sdk.control import ControlClient


class Assets:
    """Assets behind the control API. Documents are REST objects: id, name, type, properties, systemData."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def get(self, kind: str, name: str, version: str = "", *, label: str = "latest") -> dict[str, Any]:
        """That version, or the one that the label stands for. Raises SpecError where there is none."""
        where = f"versions/{_quoted(version)}" if version else f"labels/{_quoted(label)}"
        return self._asked("GET", f"{_path(kind, name)}/{where}")

    def put(self, kind: str, name: str, version: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The version that was made, or that was there with the same content; without one, the next number."""
        where, method = (f"versions/{_quoted(version)}", "PUT") if version else ("versions", "POST")
        return self._asked(method, f"{_path(kind, name)}/{where}", {"properties": properties})

    def list(self, kind: str, name: str = "", *, archived: str = "no") -> list[dict[str, Any]]:
        """The names of a kind, or the versions of one; `archived` is no, only or too."""
        path = f"{_path(kind, name)}/versions" if name else f"assets/{_quoted(kind)}"
        found = self._control.request("GET", path, params={"archived": archived}).json()["value"]
        return list(found)

    def container(self, kind: str, name: str) -> dict[str, Any]:
        """What there is of one name: its newest version, and the next."""
        return self._asked("GET", _path(kind, name))

    def archive(self, kind: str, name: str, version: str = "", *, restore: bool = False) -> dict[str, Any]:
        """Archive a version, or all of that name; or restore it."""
        verb = "restore" if restore else "archive"
        return self._asked("POST", f"{_path(kind, name)}/{verb}", {"version": version})

    def _asked(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return dict(self._control.request(method, path, json=body).json())


def _path(kind: str, name: str) -> str:
    return f"assets/{_quoted(kind)}/{_quoted(name)}"


def _quoted(text: str) -> str:
    return quote(text, safe="")
