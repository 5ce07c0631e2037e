"""AZ005: private endpoints write their records themselves."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, page
from cloister.controls.wording import listed
from cloister.facts.tables import service_names
from cloister.inventory.azure import Inventory, PrivateEndpoint
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ005",
    title="Each private endpoint writes its records into all of its zones",
    why="Records written by hand, or not at all, go stale: an instance more means a record more, and weeks of waiting.",
    remedy="Name the endpoint's zones, so that Azure keeps their records.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        network_security_guide("Private endpoints with a private DNS zone group"),
        page(
            "Azure private endpoint DNS integration",
            "Private DNS zone group",
            "azure/private-link/private-endpoint-dns",
        ),
    ),
    aliases=("S0-18", "S3-A4", "AzurePolicy ee40564d-486e-4f68-a5ca-7a621edae0fb"),
)


def subjects(inventory: Inventory) -> Iterable[PrivateEndpoint]:
    """Every private endpoint."""
    return inventory.private_endpoints


def check(endpoint: PrivateEndpoint, environment: Environment) -> Iterator[Finding]:
    """A finding where a zone of the subresource is missing from the endpoint's zone group."""
    rows = [
        row
        for row in service_names(environment.inventory.cloud.value)
        if row.subresource == endpoint.subresource
        and row.service == environment.inventory.kind_of_service(endpoint.target)
    ]
    # A registry's data records may stand in its own zone or in the region's: one zone for each door is enough.
    doors = {row.door: [one.zone for one in rows if one.door == row.door] for row in rows}
    region = environment.inventory.region
    missing = {
        zones[0].format(region=region)
        for zones in doors.values()
        if not {zone.format(region=region) for zone in zones} & set(endpoint.zones)
    }
    if missing:
        yield CONTROL.finding(
            f'private endpoint "{endpoint.name}"',
            f"nobody writes its records into {listed(sorted(missing))}",
            at=endpoint.origin.of("zones"),
            mend=f"add {listed(sorted(missing))} to its zones",
            fix=(edit(endpoint.origin, "zones", value=[*endpoint.zones, *sorted(missing)]),),
        )
