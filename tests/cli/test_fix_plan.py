"""`cloister check plan.json --fix`: what it promises of the next plan is what the next plan says."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cloister.cli.main import cli
from cloister.render.terraform.overrides import ADDITION_FILE, OVERRIDE_FILE
from cloister.sources.terraform.planning import plan_of

CONFIGURATION = """
provider "azurerm" {
  features {}
}
resource "azurerm_resource_group" "ml" {
  name     = "rg-ml"
  location = "westeurope"
}
resource "azurerm_virtual_network" "ml" {
  name                = "ml"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.ml.name
  address_space       = ["10.20.0.0/16"]
}
resource "azurerm_storage_account" "data" {
  name                          = "stdata"
  location                      = "westeurope"
  resource_group_name           = azurerm_resource_group.ml.name
  account_tier                  = "Standard"
  account_replication_type      = "LRS"
  public_network_access_enabled = true # for now
}
resource "azurerm_storage_account" "many" {
  for_each                      = toset(["a", "b"])
  name                          = "st${each.key}"
  location                      = "westeurope"
  resource_group_name           = azurerm_resource_group.ml.name
  account_tier                  = "Standard"
  account_replication_type      = "LRS"
  public_network_access_enabled = false
  shared_access_key_enabled     = each.key == "b"
}
"""


def _check(plan: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", str(plan), *arguments, "--today", "2026-11-25"])


@pytest.mark.terraform
@pytest.mark.usefixtures("terraform_settings")
def test_the_next_plan_says_what_the_fix_promised(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    plan = tmp_path / "plan.json"
    plan.write_text(plan_of(tmp_path))
    dry = _check(plan, "--fix", "--dry-run")
    assert f"# {tmp_path / OVERRIDE_FILE}\n" in dry.stdout
    assert [path.name for path in tmp_path.glob("cloister*")] == []

    done = _check(plan, "--fix")
    assert json.loads((tmp_path / OVERRIDE_FILE).read_text())["resource"] == {
        "azurerm_storage_account": {
            "data": {
                "public_network_access_enabled": False,
                "allow_nested_items_to_be_public": False,
                "shared_access_key_enabled": False,
                "local_user_enabled": False,
            }
        }
    }
    assert '  by hand  azurerm_storage_account.many["b"]: shared_access_key_enabled = false' in done.stdout.splitlines()
    promised = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("      for ")}
    assert promised == {"AZ002", "AZ020", "AZ201", "AZ202", "AZ205", "AZ206", "CLOSURE"}

    plan.write_text(plan_of(tmp_path))
    results = json.loads(_check(plan, "--format", "json").stdout)["controls"]["results"]
    told = {one["id"]: [each["resource"] for each in one["findings"]] for one in results}
    assert (told["AZ002"], told["AZ020"]) == ([], ['storage account "stb"'])
    by_hand = [
        'storage account "sta"',
        'storage account "stb"',
    ]  # made by for_each, which an override cannot tell apart
    assert (told["AZ201"], told["AZ206"]) == (by_hand, by_hand)


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(_planned())
    theirs = tmp_path / OVERRIDE_FILE
    theirs.write_text("{}\n")
    refused = _check(plan, "--fix")
    assert "a file stands there that cloister did not write" in str(refused.exception)
    assert theirs.read_text() == "{}\n"
    theirs.unlink()
    # Over its own, the second time. A private endpoint (AZ003) is for a person to place.
    assert (_check(plan, "--fix").exit_code, _check(plan, "--fix").exit_code) == (10, 10)
    assert theirs.read_text() != "{}\n"
    assert not (tmp_path / ADDITION_FILE).exists()


def _planned() -> str:
    address, values = "azurerm_storage_account.data", {"name": "stdata", "location": "westeurope"}
    values |= {"public_network_access_enabled": True, "shared_access_key_enabled": False}  # type: ignore[dict-item]
    planned = {"address": address, "mode": "managed", "type": address.partition(".")[0], "name": "data"}
    change = {"address": address, "change": {"actions": ["create"], "after_unknown": {"id": True}}}
    return json.dumps(
        {
            "format_version": "1.2",
            "planned_values": {"root_module": {"resources": [{**planned, "values": values}]}},
            "resource_changes": [change],
            "configuration": {"root_module": {"resources": []}},
        }
    )


def test_a_template_is_not_fixed(tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    account = {
        "type": "Microsoft.Storage/storageAccounts",
        "apiVersion": "2023-01-01",
        "name": "stdata",
        "location": "westeurope",
        "properties": {"publicNetworkAccess": "Enabled"},
    }
    template.write_text(json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "resources": [account]}))
    refused = _check(template, "--fix")
    assert "is a template, and mends are written for cloister.yaml and for Terraform only" in str(refused.exception)
