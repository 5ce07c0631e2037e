"""What azurerm resources become in a document: whole plans, and one row a way in which a kind is written.

Write the golden files anew with `REFRESH_GOLDEN=1 python -m pytest tests/sources/terraform/test_azurerm.py`.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.sources.reading import read_sound_part
from cloister.sources.terraform.read import terraform_document
from cloister.sources.translated import Translated

HERE = Path(__file__).parent
GOLDEN = HERE.parents[1] / "golden" / "terraform"


def _told(translated: Translated) -> str:
    document = yaml.safe_dump(translated.tree.plain(), sort_keys=False, width=120)
    missing = [f"{'.'.join(map(str, one.path))}: {one.what} ({one.place})" for one in translated.missing]
    told = [f"{one.thing}: {one.what}; {one.consequence}" for one in translated.not_understood]
    return "\n".join([document, "missing:", *missing, "", "not understood:", *told, ""])


@pytest.mark.parametrize("name", ["modules"])
def test_a_plan_becomes_this_document(name: str) -> None:
    plan = (HERE / name / "plan.json").read_text()
    told = _told(terraform_document(plan, "plan.json"))
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("REFRESH_GOLDEN"):
        golden.write_text(told)
    assert told == golden.read_text()


def test_what_the_plan_does_not_tell_is_a_gap_and_no_fault() -> None:
    sound = read_sound_part(HERE / "modules" / "plan.json")
    assert sound.faults == ()
    assert ("networks", "spoke-a", "dns_servers") in {gap.path for gap in sound.inventory.gaps}


def plan_of(*resources: tuple[str, dict[str, Any]], unknown: dict[str, dict[str, Any]] | None = None) -> str:
    """A plan of resources by address, with what is known only after apply: an attribute and what it refers to."""
    later = unknown or {}
    planned, changes, configured = [], [], []
    for address, values in resources:
        kind, _, name = address.partition(".")
        planned.append({"address": address, "mode": "managed", "type": kind, "name": name, "values": values})
        blanks = {"id": True} | dict.fromkeys(later.get(address, {}), True)
        changes.append({"address": address, "change": {"actions": ["create"], "after_unknown": blanks}})
        stated = {key: {"constant_value": value} for key, value in values.items()}
        stated |= {key: {"references": refers} for key, refers in later.get(address, {}).items()}
        configured.append({"address": address, "expressions": stated})
    return json.dumps(
        {
            "format_version": "1.2",
            "planned_values": {"root_module": {"resources": planned}},
            "resource_changes": changes,
            "configuration": {"root_module": {"resources": configured}},
        }
    )


def document_of(*resources: tuple[str, dict[str, Any]], unknown: dict[str, dict[str, Any]] | None = None) -> Any:  # noqa: ANN401 - any JSON value
    return terraform_document(plan_of(*resources, unknown=unknown), "plan.json").tree.plain()


GROUP = ("azurerm_resource_group.ml", {"name": "rg-ml", "location": "westeurope"})
VAULT = ("azurerm_key_vault.kv", {"name": "kv-ml", "resource_group_name": "rg-ml"})
API = {"type": "Microsoft.KeyVault/vaults@2023-07-01", "name": "kv-api", "location": "westeurope"}
TO_GROUP = {"parent_id": ["azurerm_resource_group.ml.id", "azurerm_resource_group.ml"]}


def test_a_body_of_azures_own_interface_is_read_as_in_a_template() -> None:
    body = {"properties": {"publicNetworkAccess": "Disabled", "enableRbacAuthorization": True}}
    endpoint = {
        "name": "pe",
        "private_service_connection": [{"name": "c", "subresource_names": ["vault"], "is_manual_connection": False}],
    }
    document = document_of(
        GROUP, ("azapi_resource.kv", {**API, "body": body}), ("azurerm_private_endpoint.pe", endpoint),
        unknown={"azapi_resource.kv": TO_GROUP},
    )  # fmt: skip
    vault = document["key_vaults"]["kv-api"]
    assert (vault["public_network_access"], vault["rbac_authorization"]) == (False, True)


def test_an_update_changes_the_resource_that_another_provider_made() -> None:
    update = {"type": API["type"], "body": {"properties": {"publicNetworkAccess": "Disabled"}}}
    document = document_of(
        GROUP, VAULT, ("azapi_update_resource.closed", update),
        unknown={"azapi_update_resource.closed": {"resource_id": ["azurerm_key_vault.kv.id", "azurerm_key_vault.kv"]}},
    )  # fmt: skip
    assert list(document["key_vaults"]) == ["kv-ml"]
    assert document["key_vaults"]["kv-ml"]["public_network_access"] is False


def test_an_update_of_what_is_not_described_is_told() -> None:
    update = {"type": API["type"], "resource_id": "/subscriptions/0/resourceGroups/x/providers/y/z/q", "body": {}}
    translated = terraform_document(plan_of(GROUP, ("azapi_update_resource.closed", update)), "plan.json")
    told = [(one.thing, one.what) for one in translated.not_understood]
    assert told == [("azapi_update_resource.closed", "changes a resource that the input does not describe")]


def test_a_cluster_says_where_its_nodes_stand_and_whether_they_come_and_go() -> None:
    pool = {"name": "default", "zones": ["1", "2"], "auto_scaling_enabled": True}
    document = document_of(("azurerm_kubernetes_cluster.aks", {"name": "aks", "default_node_pool": [pool]}))
    stated = {"zones": ["1", "2"], "auto_scaling": True}
    assert document["services"]["aks"]["kubernetes"] == stated | {"sku_tier": "Free", "role_based_access_control": True}


def test_what_is_only_looked_up_stands_as_far_as_it_is_told_and_is_a_gap_beyond() -> None:
    looked_up = {
        "address": "data.azurerm_virtual_network.old",
        "mode": "data",
        "type": "azurerm_virtual_network",
        "name": "old",
        "values": {"name": "old", "resource_group_name": "rg-old", "address_space": ["10.9.0.0/16"], "dns_servers": []},
    }
    plan = json.loads(plan_of(GROUP))
    plan["prior_state"] = {"values": {"root_module": {"resources": [looked_up]}}}
    translated = terraform_document(json.dumps(plan), "plan.json")
    assert translated.tree.plain()["networks"]["old"]["address_space"] == ["10.9.0.0/16"]
    what = "is looked up here and declared elsewhere: what it is like, beyond what is told, is not known"
    assert [(one.path, one.what) for one in translated.missing] == [(("networks", "old"), what)]


def test_a_resource_in_another_region_says_so_and_a_machine_says_what_its_system_is() -> None:
    account = {"name": "stfar", "location": "North Europe"}
    machine = {"name": "worker", "location": "westeurope", "source_image_reference": [{"offer": "ubuntu-24_04-lts"}]}
    near = {"name": "kv", "location": "West Europe"}
    document = document_of(
        ("azurerm_storage_account.far", account),
        ("azurerm_linux_virtual_machine.worker", machine),
        ("azurerm_key_vault.kv", near),
    )
    assert (document["region"], document["storage_accounts"]["stfar"]["location"]) == ("westeurope", "northeurope")
    assert document["machines"]["worker"]["image"] == "ubuntu-24_04-lts"
