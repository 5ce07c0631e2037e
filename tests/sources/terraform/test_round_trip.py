"""Each blueprint, rendered as Terraform, planned by terraform and read again, is the same environment.

What a configuration of Terraform cannot say is taken out of the blueprint before the two are compared, and named here.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from cloister.inventory.azure import Firewall, Inventory, NatGateway, Principal, PublicIp
from cloister.inventory.azure.placement import home_group
from cloister.render.terraform.access import access_variables
from cloister.render.terraform.blocks import label
from cloister.render.terraform.document import render_terraform
from cloister.render.terraform.roles import role_variables
from cloister.sources.reading import read_sound_part
from cloister.sources.spec import read_text
from cloister.sources.terraform.planning import plan_of

pytestmark = pytest.mark.terraform

ENVIRONMENT = "plan"
"""A plan names its environment after its file."""
BLUEPRINTS = (
    "azure-hub-spoke",
    "azure-firewall-per-workspace",
    "azure-managed-network",
    "azure-open-dev-closed-prod",
)
"""Those that differ in kinds of resources: each costs several seconds of terraform."""
SOMEBODY = "00000000-0000-4000-8000-00000000000"


def _object_id(number: int) -> str:
    return f"{SOMEBODY}{number}"


def _rendered(inventory: Inventory) -> Inventory:
    """The part of a blueprint that the renderer writes (render/terraform/limits.py refuses the rest)."""
    factories = tuple(one for one in inventory.services if one.kind == "datafactory")
    workspaces = tuple(replace(one, outbound_rules=()) for one in inventory.workspaces)
    dropped = {one.name for one in inventory.services if one not in factories}
    endpoints = tuple(one for one in inventory.private_endpoints if one.target not in dropped)
    assignments = tuple(one for one in inventory.role_assignments if one.scope.partition("/")[0] not in dropped)
    return replace(
        inventory,
        services=factories,
        workspaces=workspaces,
        private_endpoints=endpoints,
        role_assignments=assignments,
        online_endpoints=(),
        batch_endpoints=(),
    )


def _without_wishes(inventory: Inventory) -> Inventory:
    """What the owner wants, requires and knows of people of the platform stands in no configuration."""
    return replace(inventory, intents=(), packs=(), approved=(), groups=(), requirements=None, observed=None)


def _without_sites(inventory: Inventory) -> Inventory:
    """Of a site its name server is not told, so that it and its machines are left to a document over the plan."""
    sites = {site.name for site in inventory.on_premises}
    return replace(
        inventory, on_premises=(), machines=tuple(one for one in inventory.machines if one.subnet not in sites)
    )


def _machines_as_planned(inventory: Inventory) -> Inventory:
    """What a machine is for stands in no configuration; a key alone opens what we render, all of one image."""
    machines = tuple(
        replace(
            one, purpose="other", image="ubuntu-24_04-lts", password_authentication=False,
            download_url=None, download_sha256=None, world_writable_paths=(), secrets_in_extension_settings=(),
        )
        for one in inventory.machines
    )  # fmt: skip
    return replace(inventory, machines=machines)


def _public_addresses_named(inventory: Inventory) -> Inventory:
    """A way out of which a blueprint says only that it is there is a resource with an address in Azure."""
    origin = inventory.origin
    gateways = {one.name: f"nat-{one.name}" for _, one in inventory.subnets() if one.nat_gateway is True}
    machines = {one.name: f"pip-{one.name}" for one in inventory.machines if one.public_ip is True}
    addresses = (*(f"pip-{name}" for name in gateways.values()), *machines.values())
    networks = tuple(
        replace(
            network,
            subnets=tuple(replace(one, nat_gateway=gateways.get(one.name, False)) for one in network.subnets),
        )
        for network in inventory.networks
    )
    return replace(
        inventory,
        networks=networks,
        machines=tuple(replace(one, public_ip=machines.get(one.name, False)) for one in inventory.machines),
        nat_gateways=tuple(
            NatGateway(name=name, public_ips=(f"pip-{name}",), origin=origin) for name in gateways.values()
        ),
        public_ips=tuple(PublicIp(name=name, origin=origin) for name in addresses),
    )


def _policies_apart(inventory: Inventory) -> Inventory:
    """A firewall's own policy is a resource of its own in Azure."""
    own = [one for one in inventory.firewalls if not one.policy]
    policies = (*inventory.firewall_policies, *(replace(one.own_policy, name=f"policy-{one.name}") for one in own))
    firewalls = tuple(
        Firewall(
            name=one.name,
            network=one.network,
            private_ip=one.private_ip,
            policy=one.policy or f"policy-{one.name}",
            origin=one.origin,
        )
        for one in inventory.firewalls
    )
    return replace(inventory, firewalls=firewalls, firewall_policies=policies)


def _defaults_stated(inventory: Inventory) -> Inventory:
    """What a blueprint leaves to Azure's defaults, a plan states as azurerm takes it."""
    networks = tuple(
        replace(
            network,
            private_endpoint_vnet_policies="Disabled",
            subnets=tuple(
                replace(one, default_outbound_access=one.default_outbound_access is not False)
                for one in network.subnets
            ),
        )
        for network in inventory.networks
    )
    accounts = tuple(
        replace(one, access_lists=None, account_replication_type=one.account_replication_type or "ZRS")
        for one in inventory.storage_accounts
    )
    only = inventory.workspaces[0].name if inventory.workspaces else None
    computes = tuple(
        replace(one, workspace=one.workspace or only, private_ip=None, idle_seconds=_idle(one), interruptible=None)
        for one in inventory.computes
    )
    workspaces = tuple(replace(one, loops=()) for one in inventory.workspaces)
    return replace(inventory, networks=networks, storage_accounts=accounts, computes=computes, workspaces=workspaces)


def _idle(compute: Any) -> int | None:  # noqa: ANN401 - a compute
    if compute.kind == "instance":
        return None
    return 120 if compute.idle_seconds is None else int(compute.idle_seconds)


def _people_by_id(inventory: Inventory) -> Inventory:
    """Users, groups and applications are input variables, of which a plan knows the ids; roles go by their labels."""
    named = [words for words in dict.fromkeys(one.principal for one in inventory.role_assignments) if ":" in words]
    people = [words for words in named if not words.startswith("identity:")]
    ids = {words: f"{words.partition(':')[0]}:{_object_id(1)}" for words in people}
    kinds = {"user": "user", "group": "group", "sp": "service-principal"}
    principals = tuple(
        Principal(name=words.partition(":")[2], kind=kinds[words.partition(":")[0]], origin=inventory.origin)  # type: ignore[arg-type]  # one of its kinds
        for words in dict.fromkeys(ids.values())
    )
    assignments = tuple(
        replace(one, name=label(one.name), principal=ids.get(one.principal, one.principal))
        for one in inventory.role_assignments
    )
    shared = tuple(one for one in inventory.principals if one.kind == "managed-identity")
    return replace(inventory, role_assignments=assignments, principals=(*shared, *principals))


STEPS: tuple[Callable[[Inventory], Inventory], ...] = (
    _without_wishes,
    _without_sites,
    _machines_as_planned,
    _public_addresses_named,
    _policies_apart,
    _defaults_stated,
    _people_by_id,
)
NOT_COMPARED = frozenset({"origin", "gaps", "not_understood"})


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of an inventory
    """A value without its places, in an order of its own: a plan sorts resources by label, and sets by content."""
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = (field.name for field in dataclasses.fields(value) if field.name not in NOT_COMPARED)
        return {name: _plain(getattr(value, name)) for name in members}
    if isinstance(value, tuple):
        return sorted((_plain(item) for item in value), key=str)
    return value if isinstance(value, str | int | None) else str(value)


def _compared(inventory: Inventory) -> dict[str, Any]:
    """The environment as it is compared: Application Insights only serves workspaces, whose ids Azure gives."""
    whole: dict[str, Any] = _plain(inventory)
    whole["services"] = [one for one in whole["services"] if one["kind"] != "insights"]
    whole["workspaces"] = [one | {"workspace_id": ""} for one in whole["workspaces"]]
    return whole


@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_a_blueprint_is_the_same_environment_after_terraform(
    blueprint: str, terraform_settings: Path, tmp_path: Path
) -> None:
    assert terraform_settings.is_file()
    text = f"version: 1\nblueprint: {blueprint}\nname: {ENVIRONMENT}\n"
    wanted = _rendered(read_text(text, "cloister.yaml"))
    (tmp_path / "main.tf.json").write_text(render_terraform(wanted))
    inputs = access_variables(wanted) | role_variables(wanted)
    planned = plan_of(tmp_path, [f"{name}={_object_id(1)}" for name in inputs])
    file = tmp_path / f"{ENVIRONMENT}.json"
    file.write_text(planned)
    sound = read_sound_part(file)
    assert sound.faults == ()
    expected = wanted
    for step in STEPS:
        expected = step(expected)
    assert home_group(sound.inventory) == home_group(expected)
    assert _compared(sound.inventory) == _compared(expected)
    gaps = {gap.path[0] for gap in sound.inventory.gaps}
    assert gaps <= {"on_premises"}, sound.inventory.gaps
