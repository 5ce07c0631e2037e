"""Hosts that people still download from although their owner has given them up."""

from typing import NamedTuple


class RetiredHost(NamedTuple):
    """Why a host is retired, what took its place, and where that stands."""

    why: str
    successor: str
    source: str
    read: str


_EDGIO = "was retired with the Edgio delivery network in 2025"
_ANNOUNCEMENT = "https://devblogs.microsoft.com/devops/cdn-domain-url-change-for-agents-in-pipelines/"

RETIRED_HOSTS = {
    "vstsagentpackage.azureedge.net": RetiredHost(_EDGIO, "download.agent.dev.azure.com", _ANNOUNCEMENT, "2026-11-22"),
}
