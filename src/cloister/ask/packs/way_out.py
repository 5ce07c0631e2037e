"""Closure, second half: from no place inside does data leave to where nobody approved it.

The two hosts stand for all hosts that nobody approved: each is public and on no list. `internet` is any host at all.
"""

from collections.abc import Iterator

from cloister.ask.packs.places import Place, compute_places, machines_for
from cloister.ask.posed import Posed, must_not
from cloister.facts.tables import service_names
from cloister.facts.well_known_ports import DOMAIN, HTTPS, SSH
from cloister.inventory.azure import Inventory

HEADING = "no way out"
_ANY_HOST = "example.com"  # reserved for examples, RFC 2606
_STRANGER = "someoneelsesaccount"


def way_out(inventory: Inventory) -> Iterator[Posed]:
    """For each place inside: an arbitrary web host, a stranger's storage account, any shell, any name server."""
    storage = next(row.host for row in service_names(inventory.cloud.value) if row.subresource == "blob")
    asked = (
        ("web", f"{_ANY_HOST}:{HTTPS}", "a web host that nobody approved is a road out for data"),
        (
            "foreign-storage",
            f"{storage.format(name=_STRANGER)}:{HTTPS}",
            "another company's storage account takes any upload",
        ),
        ("shell", f"internet:{SSH}", "a shell on any host copies files, and carries every other protocol"),
        ("resolver", f"internet:{DOMAIN}/udp", "questions to a name server of one's choice carry data out"),
    )
    for place in _places(inventory):
        for name, target, why in asked:
            full_name = f"{place.name.replace('/', '-')}-to-{name}"
            yield must_not(HEADING, full_name, f"{place.name} -> {target}", why, origin=place.origin)


def _places(inventory: Inventory) -> Iterator[Place]:
    yield from compute_places(inventory)
    for purpose in ("jump-host", "ci-agent"):
        # Machines of one subnet have the same way out; the first stands for all.
        subnets = {machine.name: machine.subnet for machine in inventory.machines}
        first: dict[str, Place] = {}
        for place in machines_for(inventory, purpose):
            first.setdefault(subnets[place.name], place)
        yield from first.values()
