"""Flow: the traffic that Azure Machine Learning itself needs between computes, the workspace's services and Azure."""

from collections.abc import Iterator

from cloister.ask.packs.places import Place, compute_places, service_targets
from cloister.ask.posed import Posed, must
from cloister.facts.tables import RequiredTraffic, required_traffic
from cloister.inventory.azure import Inventory

HEADING = "Azure Machine Learning"
# A service tag, or a name with a wildcard, is no single host to ask for. The rows with hosts that are needed in these
# cases stand for the tags that hold them.
_NEEDED = ("always", "Microsoft's images are used", "no service tags in the firewall")


def azure_ml(inventory: Inventory) -> Iterator[Posed]:
    """For each place with computes: every service of the workspace, and every host that Azure ML requires."""
    for place in compute_places(inventory):
        for workspace in inventory.workspaces:
            for target in service_targets(inventory, workspace):
                name = f"{_dashed(place.name)}-to-{_dashed(target.words)}"
                why = f"computes use {target.words} in every job"
                yield must(HEADING, name, f"{place.name} -> {target.question}", why, origin=place.origin)
        yield from _required(inventory, place)


def _required(inventory: Inventory, place: Place) -> Iterator[Posed]:
    for row in required_traffic(inventory.cloud.value):
        if row.direction != "out" or row.kind != "fqdn" or row.needed not in _NEEDED or "*" in row.destination:
            continue
        host = row.destination.format(region=inventory.region)
        name = f"{_dashed(place.name)}-to-{host}"
        question = f"{place.name} -> {host}:{_last_port(row)}"
        yield must(HEADING, name, question, f"required by {row.source}", origin=place.origin)


def _last_port(row: RequiredTraffic) -> str:
    """The port to ask for: of several, the last, which is the encrypted one where the facts list 80 and 443."""
    port = row.ports.split(",")[-1]
    return f"{port}/udp" if row.protocol.upper() == "UDP" else port


def _dashed(name: str) -> str:
    return name.replace("/", "-")
