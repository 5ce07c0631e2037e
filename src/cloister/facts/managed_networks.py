"""What Azure itself puts into the network that it manages for a workspace.

`managed_network_rules.tsv` lists the service tags that Azure adds in the mode AllowOnlyApprovedOutbound. The rest, from
https://learn.microsoft.com/azure/machine-learning/how-to-managed-network (2024-08-29), read 2026-11-25:
rules of type FQDN take ports 80 and 443 only and never a name of a storage account.
"""

from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network

from cloister.facts.tables import read_table

NAME_PORTS = ("80", "443")
STAND_IN_SPACE = IPv4Network("240.0.0.0/4")
"""Azure does not publish the addresses inside. Reserved ones stand in for them: no network of anybody has these
(https://www.iana.org/assignments/iana-ipv4-special-registry, read 2026-11-25)."""

AUTOMATIC_ENDPOINTS = (
    ("workspace", "amlworkspace"),
    ("storage", "blob"),
    ("storage", "file"),
    ("vault", "vault"),
    ("registry", "registry"),
)
"""The private endpoints that Azure makes for the workspace and what it depends on: kind of service, subresource."""


@dataclass(frozen=True, slots=True)
class ManagedNetworkRule:
    """A service tag that Azure lets out without being asked."""

    cloud: str
    tag: str
    protocol: str
    ports: str
    source: str
    read: str


@cache
def managed_network_rules(cloud: str) -> tuple[ManagedNetworkRule, ...]:
    """The service tags that Azure lets out in one cloud."""
    rows = read_table("managed_network_rules", ManagedNetworkRule)
    return tuple(row for row in rows if row.cloud == cloud)
