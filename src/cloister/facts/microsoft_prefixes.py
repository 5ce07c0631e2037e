"""Public prefixes that are Microsoft's, as one of its own pages wrote them out; the larger of them, and not all.

What lies in one of them belongs to Azure or to another service of Microsoft's; of what lies outside, nothing follows.
"""

from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class _Row:
    prefix: str
    source: str
    read: str


@cache
def microsoft_prefixes() -> tuple[IPv4Network, ...]:
    """The prefixes, in the order of the table."""
    return tuple(IPv4Network(row.prefix) for row in read_table("microsoft_prefixes", _Row))
