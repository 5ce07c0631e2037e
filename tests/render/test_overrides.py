"""Mends of a plan as Terraform: what an argument sets, what is a resource of its own, what a person has to write."""

import json
from typing import Any

import pytest

from cloister.render.seal import is_intact
from cloister.render.terraform.overrides import ADDITION_FILE, OVERRIDE_FILE, Setting, overrides


def _resources(text: str) -> dict[str, Any]:
    assert is_intact(text)
    resources: dict[str, Any] = json.loads(text)["resource"]
    return resources


@pytest.mark.parametrize(
    ("address", "attribute", "value", "arguments"),
    [
        ("azurerm_storage_account.st", "shared_access_key", False, {"shared_access_key_enabled": False}),
        ("azurerm_container_registry.acr", "admin_user", False, {"admin_enabled": False}),
        ("azurerm_machine_learning_compute_cluster.c", "local_auth", False, {"local_auth_enabled": False}),
        ("azurerm_kubernetes_cluster.k", "public_network_access", False, {"private_cluster_enabled": True}),
        (
            "azurerm_application_insights.i",
            "public_network_access",
            False,
            {"internet_ingestion_enabled": False, "internet_query_enabled": False},
        ),
    ],
)
def test_an_attribute_is_the_argument_that_is_read_as_it(
    address: str, attribute: str, value: object, arguments: dict[str, Any]
) -> None:
    made = overrides([Setting(address, attribute, value)])
    kind, name = address.split(".")
    assert (list(made.files), made.by_hand) == ([OVERRIDE_FILE], ())
    assert _resources(made.files[OVERRIDE_FILE]) == {kind: {name: arguments}}


def test_settings_of_one_resource_stand_in_one_block() -> None:
    settings = [
        Setting("azurerm_storage_account.st", "shared_access_key", value=False),
        Setting("azurerm_storage_account.st", "public_network_access", value=False),
    ]
    (text,) = overrides(settings).files.values()
    block = {"shared_access_key_enabled": False, "public_network_access_enabled": False}
    assert _resources(text) == {"azurerm_storage_account": {"st": block}}


def test_a_link_of_a_zone_is_a_resource_of_its_own() -> None:
    made = overrides([Setting("azurerm_private_dns_zone.blob", "links", {}, of="azurerm_virtual_network.hub")])
    assert list(made.files) == [ADDITION_FILE]
    assert _resources(made.files[ADDITION_FILE]) == {
        "azurerm_private_dns_zone_virtual_network_link": {
            "cloister-blob-hub": {
                "name": "blob-hub",
                "resource_group_name": "${azurerm_private_dns_zone.blob.resource_group_name}",
                "private_dns_zone_name": "${azurerm_private_dns_zone.blob.name}",
                "virtual_network_id": "${azurerm_virtual_network.hub.id}",
            }
        }
    }


BY_HAND = [
    (
        "in another module",
        Setting("module.ml.azurerm_storage_account.st", "shared_access_key", value=False),
        "module.ml.azurerm_storage_account.st: shared_access_key_enabled = false",
    ),
    (
        "one of several",
        Setting('azurerm_storage_account.st["a"]', "shared_access_key", value=False),
        'azurerm_storage_account.st["a"]: shared_access_key_enabled = false',
    ),
    (
        "of another provider",
        Setting("azapi_resource.st", "shared_access_key", value=False),
        "azapi_resource.st: shared_access_key = false",
    ),
    (
        "several arguments",
        Setting("azurerm_private_endpoint.pe", "zones", value=["a"]),
        'azurerm_private_endpoint.pe: zones = ["a"]',
    ),
    (
        "an attribute that two arguments can be",
        Setting("azurerm_virtual_network.v", "address_space", value=["10.0.0.0/16"]),
        'azurerm_virtual_network.v: address_space = ["10.0.0.0/16"]',
    ),
    (
        "a link between modules",
        Setting("module.dns.azurerm_private_dns_zone.blob", "links", {}, of="azurerm_virtual_network.hub"),
        "module.dns.azurerm_private_dns_zone.blob: links with azurerm_virtual_network.hub",
    ),
]


@pytest.mark.parametrize(("says", "setting", "told"), BY_HAND, ids=[row[0] for row in BY_HAND])
def test_what_no_file_beside_can_set_is_for_a_person(says: str, setting: Setting, told: str) -> None:
    made = overrides([setting])
    assert (made.files, made.by_hand) == ({}, (told,)), says
