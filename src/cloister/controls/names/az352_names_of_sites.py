"""AZ352: Azure asks sites for the names that only they know."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Due, Environment, Finding, Pillar, Severity
from cloister.controls.resolving import resolver_of
from cloister.controls.sources import lately
from cloister.inventory.azure import Inventory, VirtualNetwork

CONTROL = Control(
    id="AZ352",
    title="Where Azure needs names of sites, rules of a private resolver forward them",
    why="Azure DNS knows no name of a site: a job that opens a database there by name fails, and somebody writes "
    "addresses into code.",
    remedy="Add a private resolver with an outbound endpoint, and link a ruleset with the site's suffix to the "
    "network that resolves.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "What is Azure DNS Private Resolver?", "DNS forwarding rulesets", "azure/dns/dns-private-resolver-overview"
        ),
    ),
    aliases=("S3-R9",),
    question="Do computes ask for names that only sites know?",
)


def subjects(inventory: Inventory) -> Iterable[VirtualNetwork]:
    """The networks with computes, where a site is connected and nobody said that its names are not needed."""
    wanted = inventory.requirements.on_premises_names if inventory.requirements else None
    if wanted is False or not any(site.gateway for site in inventory.on_premises):
        return ()
    homes = {(compute.subnet or "").partition("/")[0] for compute in inventory.computes}
    return [network for network in inventory.networks if network.name in homes]


def check(network: VirtualNetwork, environment: Environment) -> Iterator[Finding | Doubt | Due]:
    """A finding where no ruleset is linked to where its names are asked; due where nobody said whether it is needed."""
    inventory, thing = environment.inventory, f'virtual network "{network.name}"'
    if inventory.requirements is None or inventory.requirements.on_premises_names is None:
        yield CONTROL.due(thing, at=network.origin)
        return
    resolver = resolver_of(inventory, network)
    if not resolver.network:
        mend = "let the network ask the firewall's DNS proxy or Azure DNS"
        yield CONTROL.doubt(thing, resolver.by, at=network.origin.of("dns_servers"), mend=mend)
        return
    linked = {link.network for ruleset in inventory.forwarding_rulesets if ruleset.rules for link in ruleset.links}
    if resolver.network not in linked:
        message = f"{resolver.by} answers it in {resolver.network}, to which no ruleset is linked"
        yield CONTROL.finding(thing, message, at=network.origin)
