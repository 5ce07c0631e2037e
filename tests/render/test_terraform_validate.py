"""Real terraform reads what we render, against the schema of the real azurerm provider.

The provider is the stand-in of `cloister plan`: it proves the shape of a configuration, never that Azure accepts it.
"""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cloister.inventory.azure import Inventory
from cloister.render.terraform.document import render_terraform
from cloister.sources.spec import read_text

SECRETS_AND_SITES = {
    "admin_ssh_public_key": "ssh-ed25519 AAAA",
    "office_gateway_address": "203.0.113.1",
    "office_shared_key": "not-a-secret",
    "group_scientists_object_id": "00000000-0000-4000-8000-000000000001",
    "user_ada_object_id": "00000000-0000-4000-8000-000000000002",
    "sp_ci_object_id": "00000000-0000-4000-8000-000000000003",
    "plant_circuit_id": "/subscriptions/0/circuit",
}

pytestmark = pytest.mark.terraform


def _terraform(folder: Path, terraform_settings: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    quiet = {"TF_CLI_CONFIG_FILE": str(terraform_settings), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    return subprocess.run(
        ["terraform", *arguments, "-no-color"],
        cwd=folder,
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def _initialised(folder: Path, terraform_settings: Path, text: str) -> Path:
    (folder / "main.tf.json").write_text(text)
    done = _terraform(folder, terraform_settings, "init", "-input=false")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_terraform_accepts_and_plans_every_kind_of_resource(
    everything: Inventory, terraform_settings: Path, tmp_path: Path
) -> None:
    text = render_terraform(everything)
    folder = _initialised(tmp_path, terraform_settings, text)
    inputs = [part for name, value in SECRETS_AND_SITES.items() for part in ("-var", f"{name}={value}")]
    plan = _terraform(folder, terraform_settings, "plan", "-refresh=false", "-input=false", *inputs)
    resources = json.loads(text)["resource"]
    count = sum(len(named) for named in resources.values())
    assert f"Plan: {count} to add, 0 to change, 0 to destroy." in plan.stdout, plan.stdout[-3000:] + plan.stderr[-3000:]


def test_terraform_accepts_the_blueprint(terraform_settings: Path, tmp_path: Path) -> None:
    blueprint = read_text("version: 1\nblueprint: azure-hub-spoke\nname: hub-spoke\n", "cloister.yaml")
    folder = _initialised(tmp_path, terraform_settings, render_terraform(blueprint))
    done = _terraform(folder, terraform_settings, "validate", "-json")
    assert json.loads(done.stdout) == {
        "format_version": "1.0",
        "valid": True,
        "error_count": 0,
        "warning_count": 0,
        "diagnostics": [],
    }


def test_the_stand_in_refuses_what_azurerm_refuses(
    everything: Inventory, terraform_settings: Path, tmp_path: Path
) -> None:
    """Without this, a stand-in that accepts anything would make the test above worthless."""
    document = json.loads(render_terraform(everything))
    subnet = document["resource"]["azurerm_subnet"]["ml_compute"]
    subnet["address_prefixs"] = subnet.pop("address_prefixes")
    folder = _initialised(tmp_path, terraform_settings, json.dumps(document))
    refused = _terraform(folder, terraform_settings, "validate")
    assert refused.returncode == 1
    assert "address_prefixs" in refused.stderr


def test_a_name_that_reads_like_an_expression_stays_a_name(
    everything: Inventory, terraform_settings: Path, tmp_path: Path
) -> None:
    hostile = replace(everything.machines[0], name='${file("/etc/passwd")}')
    text = render_terraform(replace(everything, machines=(hostile,), role_assignments=()))
    folder = _initialised(tmp_path, terraform_settings, text)
    done = _terraform(folder, terraform_settings, "validate", "-json")
    assert json.loads(done.stdout)["valid"] is True, done.stdout
