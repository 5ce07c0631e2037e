"""The rules by which a firewall permits the names that a place has to reach."""

import re
from typing import Any

from cloister.ask.lessons.seen import Seen
from cloister.inventory.azure import Subnet


def name_rules(seen: Seen, places: tuple[str, ...]) -> dict[str, Any]:
    """An application rule for each need, with the hosts that are wanted for it and the subnets that want them."""
    rules: dict[str, dict[str, list[str]]] = {}
    said: set[tuple[str, str]] = set()
    for place in places:
        subnet = seen.subnet_at(place)
        for heading, hosts in seen.wanted(place).items() if subnet else ():
            # What one need has permitted already is not said again for the next.
            fresh = tuple(host for host in hosts if (_prefix(subnet), host) not in said)
            said |= {(_prefix(subnet), host) for host in fresh}
            if fresh:
                rule = rules.setdefault(_slug(heading), {"sources": [], "fqdns": []})
                _add(rule["sources"], (_prefix(subnet),))
                _add(rule["fqdns"], fresh)
    return rules


def _slug(heading: str) -> str:
    """A heading as a name of a rule."""
    return "-".join(re.findall(r"[a-z0-9]+", heading.lower().replace("'", "")))


def _prefix(subnet: Subnet | None) -> str:
    return str(subnet.prefix) if subnet else ""


def _add(listed: list[str], more: tuple[str, ...]) -> None:
    listed += [one for one in more if one not in listed]
