"""Nothing connects the data on-premises, so it comes by a public storage account. The way out is a connection."""

from collections.abc import Iterator

from cloister.ask.judgement import Judged, Standing
from cloister.ask.lessons.changes import joined
from cloister.ask.lessons.connecting import BLOB, connection, not_reading, private, reading, without
from cloister.ask.lessons.seen import Seen
from cloister.ask.lessons.values import Lesson, WayOut, lesson, way_out
from cloister.facts.well_known_ports import HTTPS
from cloister.inventory.azure import Inventory, Machine, StorageAccount
from cloister.verdict import Layer, Outcome, Rule, Step

ID = "manual-upload"


def recognise(seen: Seen) -> Lesson | None:
    """The lesson, where a database stands at a site that nothing connects, and an account answers the internet."""
    databases = tuple(_cut_off(seen.inventory))
    rogues = tuple(_rogues(seen))
    if not databases or not rogues:
        return None
    sites = tuple(dict.fromkeys(machine.subnet for machine in databases))
    return lesson(
        ID,
        _no_connection(seen.inventory, sites[0]),
        tuple(judged for _, judged in rogues),
        tuple(_ways(seen, databases, tuple(account for account, _ in rogues))),
        sites=" and ".join(sites),
        databases=" and ".join(machine.name for machine in databases),
        accounts=" and ".join(account.name for account, _ in rogues),
    )


def _cut_off(inventory: Inventory) -> Iterator[Machine]:
    unconnected = {site.name for site in inventory.on_premises if site.gateway is None}
    return (one for one in inventory.machines if one.purpose == "database" and one.subnet in unconnected)


def _rogues(seen: Seen) -> Iterator[tuple[StorageAccount, Judged]]:
    """The accounts that the internet reaches, with the intent that says it must not."""
    for account in seen.inventory.storage_accounts:
        for one in seen.judgement.closure:
            if one.standing is Standing.MISSED and one.question == f"internet -> {account.name}/{BLOB}:{HTTPS}":
                yield account, one


def _no_connection(inventory: Inventory, name: str) -> Step:
    site = next(site for site in inventory.on_premises if site.name == name)
    text = "no gateway connects it, so no route leads there from any network"
    return Step(Layer.ROUTE, name, Outcome.REFUSE, text, Rule(f"on-premises {name}", site.origin))


def _ways(seen: Seen, databases: tuple[Machine, ...], rogues: tuple[StorageAccount, ...]) -> Iterator[WayOut]:
    """Both begin with the connection.

    None where the computes stand in several networks, or an account is called otherwise in Azure than in its document.
    """
    computes = [compute for compute in seen.inventory.computes if compute.subnet]
    homes = dict.fromkeys((compute.subnet or "").partition("/")[0] for compute in computes)
    home = seen.inventory.network(next(iter(homes), ""))
    if len(homes) != 1 or home is None or any(account.origin.states("name") for account in rogues):
        return
    named = " and ".join(account.name for account in rogues)
    connected = connection(seen.inventory, home, databases)
    read = joined(connected, reading(seen, computes, databases), without(seen.inventory, rogues))
    yield way_out(ID, "connection", read, accounts=named)
    closed = private(seen.inventory, rogues, tuple(dict.fromkeys(machine.subnet for machine in databases)))
    if closed:
        change = joined(connected, closed, not_reading(computes, databases))
        yield way_out(ID, "private-account", change, accounts=named)
