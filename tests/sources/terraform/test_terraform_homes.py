"""What belongs to something that is not told, or to something of the same name elsewhere, decides nothing silently."""

import json
from typing import Any

import pytest
from test_azurerm import plan_of  # type: ignore[import-not-found]  # pytest puts this folder on the path

from cloister.sources.terraform.read import terraform_document

HERE = {"resource_group_name": "rg-ml", "location": "westeurope"}
GROUP = ("azurerm_network_security_group.a", {"name": "nsg-a", **HERE})
REFUSAL = {
    "name": "nothing-in",
    "priority": 100,
    "direction": "Inbound",
    "access": "Deny",
    "protocol": "*",
    "source_address_prefix": "*",
    "source_port_range": "*",
    "destination_address_prefix": "*",
    "destination_port_range": "*",
}
SERVER = ("azurerm_mssql_server.sql", {"name": "sql-ml", "version": "12.0", **HERE})
ACCOUNT = ("azurerm_storage_account.lake", {"name": "lake", **HERE})
WIDE = {"name": "everybody", "start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"}
LOCAL = ["local.owner"]


def test_a_rule_for_a_filter_of_the_same_name_in_another_group_refuses_nothing() -> None:
    rule = {**REFUSAL, "network_security_group_name": "nsg-a", "resource_group_name": "rg-other"}
    found = terraform_document(plan_of(GROUP, ("azurerm_network_security_rule.no", rule)), "plan.json")
    assert "rules" not in found.tree.plain()["network_security_groups"]["nsg-a"]
    assert [one.thing for one in found.not_understood] == ["azurerm_network_security_rule.no"]


def test_a_rule_for_one_of_two_filters_of_a_name_whose_group_is_not_told_leaves_both_open() -> None:
    other = ("azurerm_network_security_group.b", {"name": "nsg-a", **HERE, "resource_group_name": "rg-b"})
    rule = {**REFUSAL, "network_security_group_name": "nsg-a"}
    plan = plan_of(GROUP, other, ("azurerm_network_security_rule.no", rule))
    assert {one.path for one in terraform_document(plan, "plan.json").missing} == {
        ("network_security_groups", "nsg-a"),
        ("network_security_groups", "nsg-a-2"),
    }


@pytest.mark.parametrize(
    ("owner", "part", "values", "attribute", "path"),
    [
        (SERVER, "azurerm_mssql_firewall_rule.any", WIDE, "server_id", ("services", "sql-ml")),
        (
            ACCOUNT,
            "azurerm_storage_account_network_rules.any",
            {"default_action": "Allow"},
            "storage_account_id",
            ("storage_accounts", "lake"),
        ),
        (
            GROUP,
            "azurerm_network_security_rule.any",
            REFUSAL,
            "network_security_group_name",
            ("network_security_groups", "nsg-a"),
        ),
    ],
)
def test_what_a_part_that_may_belong_to_it_says_is_a_gap(
    owner: tuple[str, dict[str, Any]], part: str, values: dict[str, Any], attribute: str, path: tuple[str, ...]
) -> None:
    plan = plan_of(owner, (part, values), unknown={part: {attribute: LOCAL}})
    what = f"may be what {part} is a part of, which is not told"
    assert [(one.path, one.what) for one in terraform_document(plan, "plan.json").missing] == [(path, what)]


def test_a_database_whose_filter_is_not_told_may_let_everybody_in() -> None:
    cosmos = ("azurerm_cosmosdb_account.c", {"name": "cosmos-ml", **HERE})
    plan = plan_of(cosmos, unknown={cosmos[0]: {"is_virtual_network_filter_enabled": LOCAL}})
    found = terraform_document(plan, "plan.json")
    assert "network_default_action" not in found.tree.plain()["services"]["cosmos-ml"]
    assert [one.path for one in found.missing] == [("services", "cosmos-ml", "network_default_action")]


def test_a_database_that_lets_in_datacenters_of_azure_says_so() -> None:
    cosmos = ("azurerm_cosmosdb_account.c", {"name": "cosmos-ml", **HERE, "ip_range_filter": ["0.0.0.0"]})
    service = terraform_document(plan_of(cosmos), "plan.json").tree.plain()["services"]["cosmos-ml"]
    assert (service["bypass"], service["network_default_action"]) == ("AzureServices", "Deny")


def _machine(*configurations: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    addresses = [
        (f"azurerm_public_ip.{name}", {"name": name, "sku": "Standard", **HERE}) for name in ("shown", "beside")
    ]
    interface = ("azurerm_network_interface.nic", {"name": "nic", **HERE, "ip_configuration": [*configurations]})
    machine = ("azurerm_linux_virtual_machine.vm", {"name": "vm", **HERE, "network_interface_ids": [None]})
    plan = json.loads(plan_of(*addresses, interface, machine))
    ids = {"network_interface_ids": [f"{_GROUP_ID}/Microsoft.Network/networkInterfaces/nic"]}
    plan["planned_values"]["root_module"]["resources"][-1]["values"] |= ids
    return terraform_document(json.dumps(plan), "plan.json")


_GROUP_ID = "/subscriptions/1/resourceGroups/rg-ml/providers"


def _configuration(name: str, public: str | None) -> dict[str, Any]:
    shown = f"{_GROUP_ID}/Microsoft.Network/publicIPAddresses/{public}" if public else None
    return {"name": name, "primary": name == "first", "private_ip_address": "10.0.0.4", "public_ip_address_id": shown}


def test_a_machine_is_shown_by_whichever_configuration_of_its_interface_has_a_public_address() -> None:
    found = _machine(_configuration("first", None), _configuration("second", "shown"))
    assert found.tree.plain()["machines"]["vm"]["public_ip"] == "shown"


def test_a_machine_with_several_public_addresses_is_shown_by_one_that_is_not_told() -> None:
    found = _machine(_configuration("first", "shown"), _configuration("second", "beside"))
    assert ("machines", "vm", "public_ip") in {one.path for one in found.missing}


def test_what_terraform_forgets_stands_on_and_is_told() -> None:
    plan = json.loads(plan_of(SERVER))
    plan["resource_changes"].append(
        {"address": "azurerm_mssql_firewall_rule.any", "change": {"actions": ["forget"], "before": WIDE, "after": None}}
    )
    (told,) = terraform_document(json.dumps(plan), "plan.json").not_understood
    assert "Terraform forgets azurerm_mssql_firewall_rule.any, which stands on" in told.what


def _missing(*resources: tuple[str, dict[str, Any]], unknown: dict[str, dict[str, Any]]) -> set[tuple[Any, ...]]:
    plan = plan_of(*resources, unknown=unknown)
    return {one.path for one in terraform_document(plan, "plan.json").missing}


def test_what_azapi_changes_is_open_where_it_is_not_told_what_that_is() -> None:
    values = {"type": "Microsoft.Storage/storageAccounts@2023-01-01", "body": {"properties": {"networkAcls": {}}}}
    update = ("azapi_update_resource.u", values)
    assert _missing(ACCOUNT, GROUP, update, unknown={update[0]: {"resource_id": LOCAL}}) == {
        ("storage_accounts", "lake")
    }


def test_two_resources_with_the_rules_of_one_account_decide_nothing() -> None:
    rules = [(f"azurerm_storage_account_network_rules.{one}", {"default_action": one}) for one in ("Allow", "Deny")]
    owner = {"storage_account_id": ["azurerm_storage_account.lake.id", "azurerm_storage_account.lake"]}
    path = ("storage_accounts", "lake", "network_default_action")
    assert path in _missing(ACCOUNT, *rules, unknown={one: owner for one, _ in rules})


def test_two_filters_of_one_subnet_are_none_that_is_told() -> None:
    network = ("azurerm_virtual_network.net", {"name": "net", "address_space": ["10.0.0.0/16"], **HERE})
    values = {"name": "s", "virtual_network_name": "net", "resource_group_name": "rg-ml"}
    subnet = ("azurerm_subnet.s", {**values, "address_prefixes": ["10.0.0.0/24"]})
    other = ("azurerm_network_security_group.b", {"name": "nsg-b", **HERE})
    joined = {
        f"azurerm_subnet_network_security_group_association.{one}": {
            "subnet_id": ["azurerm_subnet.s.id", "azurerm_subnet.s"],
            "network_security_group_id": [f"azurerm_network_security_group.{one}.id"],
        }
        for one in ("a", "b")
    }
    found = _missing(network, subnet, GROUP, other, *((name, {}) for name in joined), unknown=joined)
    assert ("networks", "net", "subnets", "s", "network_security_group") in found
