"""Agents from Python."""

from typing import Any
from urllib.parse import quote

from cloister.sdk.control import ControlClient

Document = dict[str, Any]


class Agents:
    """The agents of a platform, as documents of its API."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def list(self) -> tuple[Document, ...]:
        """Every agent that was ever seen, by name."""
        return tuple(self._control.request("GET", "agents").json()["agents"])

    def drain(self, name: str) -> Document:
        """Ask an agent to finish what it runs, to take nothing more, and to leave."""
        found: Document = self._control.request("POST", f"agents/{quote(name, safe='')}/drain").json()
        return found
