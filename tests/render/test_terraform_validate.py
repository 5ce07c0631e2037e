"""Real terraform reads what we render, against the schema of the real azurerm provider.

The provider is a stand-in that serves azurerm's schema and plans by echo: it proves the shape of a configuration, never
that Azure accepts it. It is built once, into a cache folder, from ../shared/tools/azurerm-stub and two public packages;
CLOISTER_AZURERM_STUB names a folder where it stands already.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from cloister.inventory.azure import Inventory
from cloister.render.terraform.document import render_terraform
from cloister.sources.spec import read_text

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT.parent / "shared" / "tools" / "azurerm-stub"
VERSION = "4.55.0"
SCHEMA_PACKAGE = "@cdktf/provider-azurerm@14.23.1"
PROVIDER_PACKAGE = "tf==1.2.0"
SECRETS_AND_SITES = {
    "admin_ssh_public_key": "ssh-ed25519 AAAA",
    "office_gateway_address": "203.0.113.1",
    "office_shared_key": "not-a-secret",
    "group_scientists_object_id": "00000000-0000-4000-8000-000000000001",
    "user_ada_object_id": "00000000-0000-4000-8000-000000000002",
    "sp_ci_object_id": "00000000-0000-4000-8000-000000000003",
    "plant_circuit_id": "/subscriptions/0/circuit",
}

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
]


def _run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=150, check=False
    )


def _cached() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "cloister-tests" / f"azurerm-{VERSION}"


def _prepare(place: Path) -> str:
    """Build the stand-in in `place`; the answer is why that was not possible, or empty."""
    unpacked = place / "unpacked"
    unpacked.mkdir()
    generate, serve = TOOLS / "gen_schema.py", TOOLS / "stub.py"
    shutil.copy(serve, place / "stub.py")
    steps = (
        ("npm", "pack", "--silent", SCHEMA_PACKAGE),
        ("sh", "-c", "tar xzf *.tgz"),
        (sys.executable, str(generate), "package/lib", str(place / "schema.json")),
        (sys.executable, "-m", "venv", str(place / "venv")),
        (str(place / "venv/bin/python"), "-m", "pip", "install", "--quiet", PROVIDER_PACKAGE),
    )
    for step in steps:
        if shutil.which(step[0]) is None:
            return f"{step[0]} is not installed"
        done = _run(*step, cwd=unpacked)
        if done.returncode:
            return f"{' '.join(step[:3])} failed: {done.stderr.strip()[-200:]}"
    shutil.rmtree(unpacked)
    return ""


def _install(stub: Path, place: Path) -> Path:
    """Lay the provider out as a mirror in `place`; the answer is terraform's configuration file."""
    folder = place / "mirror" / "registry.terraform.io" / "hashicorp" / "azurerm" / VERSION / "linux_amd64"
    folder.mkdir(parents=True)
    program = folder / f"terraform-provider-azurerm_v{VERSION}"
    program.write_text(
        f'#!/bin/sh\nSTUB=azurerm STUB_SCHEMA={stub}/schema.json exec {stub}/venv/bin/python {stub}/stub.py "$@"\n'
    )
    program.chmod(0o755)
    configuration = place / "terraform.rc"
    configuration.write_text(f'provider_installation {{ filesystem_mirror {{ path = "{place}/mirror" }} }}\n')
    return configuration


@pytest.fixture(scope="module")
def configuration_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("CLOISTER_AZURERM_STUB")
    stub = Path(named) if named else _cached()
    if not (stub / "schema.json").exists():
        if not TOOLS.is_dir():
            pytest.skip(
                "the azurerm stand-in is absent: neither CLOISTER_AZURERM_STUB nor ../shared/tools/azurerm-stub"
            )
        stub.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=stub.parent))
        why_not = _prepare(scratch)
        if why_not:
            shutil.rmtree(scratch)
            pytest.skip(f"the azurerm stand-in cannot be built: {why_not}")
        try:
            scratch.rename(stub)  # in one step: a second worker sees all of it or nothing
        except OSError:
            shutil.rmtree(scratch)  # another worker was first
    return _install(stub, tmp_path_factory.mktemp("provider"))


def _terraform(folder: Path, configuration_file: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    quiet = {"TF_CLI_CONFIG_FILE": str(configuration_file), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    return _run("terraform", *arguments, "-no-color", cwd=folder, env=quiet)


def _initialised(folder: Path, configuration_file: Path, text: str) -> Path:
    (folder / "main.tf.json").write_text(text)
    done = _terraform(folder, configuration_file, "init", "-input=false")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_terraform_accepts_and_plans_every_kind_of_resource(
    everything: Inventory, configuration_file: Path, tmp_path: Path
) -> None:
    text = render_terraform(everything)
    folder = _initialised(tmp_path, configuration_file, text)
    inputs = [part for name, value in SECRETS_AND_SITES.items() for part in ("-var", f"{name}={value}")]
    plan = _terraform(folder, configuration_file, "plan", "-refresh=false", "-input=false", *inputs)
    resources = json.loads(text)["resource"]
    count = sum(len(named) for named in resources.values())
    assert f"Plan: {count} to add, 0 to change, 0 to destroy." in plan.stdout, plan.stdout[-3000:] + plan.stderr[-3000:]


def test_terraform_accepts_the_blueprint(configuration_file: Path, tmp_path: Path) -> None:
    blueprint = read_text("version: 1\nblueprint: azure-hub-spoke\nname: hub-spoke\n", "cloister.yaml")
    folder = _initialised(tmp_path, configuration_file, render_terraform(blueprint))
    done = _terraform(folder, configuration_file, "validate", "-json")
    assert json.loads(done.stdout) == {
        "format_version": "1.0",
        "valid": True,
        "error_count": 0,
        "warning_count": 0,
        "diagnostics": [],
    }


def test_the_stand_in_refuses_what_azurerm_refuses(
    everything: Inventory, configuration_file: Path, tmp_path: Path
) -> None:
    """Without this, a stand-in that accepts anything would make the test above worthless."""
    document = json.loads(render_terraform(everything))
    subnet = document["resource"]["azurerm_subnet"]["ml_compute"]
    subnet["address_prefixs"] = subnet.pop("address_prefixes")
    folder = _initialised(tmp_path, configuration_file, json.dumps(document))
    refused = _terraform(folder, configuration_file, "validate")
    assert refused.returncode == 1
    assert "address_prefixs" in refused.stderr


def test_a_name_that_reads_like_an_expression_stays_a_name(
    everything: Inventory, configuration_file: Path, tmp_path: Path
) -> None:
    hostile = replace(everything.machines[0], name='${file("/etc/passwd")}')
    text = render_terraform(replace(everything, machines=(hostile,), role_assignments=()))
    folder = _initialised(tmp_path, configuration_file, text)
    done = _terraform(folder, configuration_file, "validate", "-json")
    assert json.loads(done.stdout)["valid"] is True, done.stdout
