"""Tables of facts: whole, sourced, and readable by their typed loaders."""

from datetime import date
from ipaddress import IPv4Network

import pytest

from cloister.facts import tables
from cloister.facts.azure_roles import azure_roles
from cloister.facts.default_outbound import default_outbound, default_outbounds
from cloister.facts.machine_learning_policies import machine_learning_policies
from cloister.facts.managed_networks import managed_network_rules
from cloister.facts.people_actions import people_actions, ways_around_roles
from cloister.facts.service_kinds import service_kinds
from cloister.facts.service_tags import service_tags
from cloister.facts.step_variables import every_step_variable

CLOUDS = ["azure", "azure-china"]
ALL_ROWS = [
    *(row for cloud in CLOUDS for row in tables.service_names(cloud)),
    *(row for cloud in CLOUDS for row in tables.required_traffic(cloud)),
    *(row for cloud in CLOUDS for row in managed_network_rules(cloud)),
    *service_kinds().values(),
    *tables.default_rules(),
    *tables.system_routes(),
    *tables.special_addresses(),
    *tables.platform_addresses(),
    *tables.tag_members(),
    *tables.service_endpoints(),
    *tables.name_protocols(),
    *(row for cloud in CLOUDS for meaning in ("reserved", "machines") for row in tables.name_suffixes(cloud, meaning)),
    *tables.behaviours().values(),
    *default_outbounds(),
    *azure_roles(),
    *service_tags(),
    *people_actions(),
    *ways_around_roles(),
    *machine_learning_policies().values(),
    *every_step_variable(),
]


@pytest.mark.parametrize("row", ALL_ROWS, ids=lambda row: f"{type(row).__name__}")
def test_each_row_has_a_source_and_the_day_on_which_it_was_read(row: object) -> None:
    source = getattr(row, "source_page", None) or getattr(row, "source", "")
    assert source
    assert date.fromisoformat(getattr(row, "read", ""))  # raises where it is no date


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_services_of_a_closed_workspace_have_names_in_each_cloud(cloud: str) -> None:
    rows = tables.service_names(cloud)
    assert {row.service for row in rows} >= {"workspace", "instance", "storage", "vault", "registry"}
    others = {"batch", "ai", "search", "datafactory", "databricks", "sql", "kubernetes"}
    assert {row.service for row in rows} >= others | ({"monitor", "synapse"} if cloud == "azure" else set())
    assert all("privatelink" in row.zone for row in rows)
    assert all(_ends_in_zone(row) for row in rows if row.service != "instance")
    assert all(row.public_suffixes and "privatelink" not in row.public_suffixes for row in rows)


def _ends_in_zone(row: tables.ServiceName) -> bool:
    """Whether the alias (or, without one, the host) is the record in the zone."""
    name = row.zone if row.record == "@" else f"{row.record}.{row.zone}"
    return name == (row.alias or row.host)


def test_every_kind_of_service_has_doors_and_service_tags() -> None:
    kinds = set(service_kinds())
    assert kinds <= {row.service for row in tables.service_names("azure")}
    assert kinds <= {row.subject for row in tables.tag_members() if row.kind == "service"}
    answers = {(row.limits, row.bypass, row.acts) for row in service_kinds().values()}
    assert {word for answer in answers for word in answer} == {"yes", "no"}


def test_prefixes_are_prefixes() -> None:
    prefixes = [*(row.prefix for row in tables.system_routes()), *(row.prefix for row in tables.special_addresses())]
    assert [str(IPv4Network(prefix)) for prefix in prefixes] == prefixes


@pytest.mark.parametrize(
    ("cloud", "destination"),
    [("azure", "AzureFrontDoor.FrontEnd"), ("azure", "*.azureml.net"), ("azure-china", "*.azureml.cn")],
)
def test_required_traffic_differs_by_cloud(cloud: str, destination: str) -> None:
    other = next(name for name in CLOUDS if name != cloud)
    assert destination in {row.destination for row in tables.required_traffic(cloud)}
    assert destination not in {row.destination for row in tables.required_traffic(other)}


@pytest.mark.parametrize(
    ("tool", "version", "access"),
    [
        (None, None, "true"),
        ("azurerm", None, "true"),
        ("azurerm", "2030-01-01", "true"),
        ("avm", None, "false"),
        ("arm", None, None),
        ("arm", "2025-06-30", "true"),
        ("arm", "2025-07-01", "false"),
        ("bicep", "2025-07-01-preview", "false"),
        ("portal", "2026-03-31", "true"),
        ("portal", "2026-04-01", "false"),
    ],
)
def test_default_outbound_access_depends_on_the_tool_and_its_version(
    tool: str | None, version: str | None, access: str | None
) -> None:
    found = default_outbound(tool, version)
    assert (found.access if found else None) == access
