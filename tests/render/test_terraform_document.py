"""What is written as Terraform: whole documents kept in files, references, escapes, and what is refused.

Write the files anew with `REFRESH_GOLDEN=1 python -m pytest tests/render/test_terraform_document.py`.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from cloister.errors import Fault, SpecError
from cloister.inventory.azure import Cloud, Inventory
from cloister.origin import Origin
from cloister.render.seal import is_intact
from cloister.render.terraform.blocks import Expression, label, plain
from cloister.render.terraform.document import render_terraform
from cloister.render.terraform.limits import unwritten
from cloister.sources.spec import read_text

GOLDEN = Path(__file__).parents[1] / "golden" / "render"
HERE = Origin("cloister.yaml", 7)


@pytest.fixture(scope="module")
def hub_spoke() -> Inventory:
    return read_text("version: 1\nblueprint: azure-hub-spoke\nname: golden\n", "cloister.yaml")


def _held(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("REFRESH_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_blueprint_as_a_whole(hub_spoke: Inventory) -> None:
    _held("azure-hub-spoke.tf.json", render_terraform(hub_spoke))


def test_every_kind_of_resource_as_a_whole(everything: Inventory) -> None:
    _held("everything.tf.json", render_terraform(everything))


def _document(inventory: Inventory) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render_terraform(inventory))
    return document


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


@pytest.mark.parametrize("which", ["hub_spoke", "everything"])
def test_every_reference_leads_to_a_resource_of_the_document(which: str, request: pytest.FixtureRequest) -> None:
    resources = _document(request.getfixturevalue(which))["resource"]
    standing = {f"{kind}.{name}" for kind, named in resources.items() for name in named}
    wanted = {
        found
        for text in _strings(resources)
        for found in re.findall(r"(?<!data\.)\b(azurerm_[a-z_]+\.[A-Za-z_][A-Za-z0-9_]*)", text)
    }
    assert wanted - standing == set()
    assert wanted


def test_how_long_what_is_deleted_stays(hub_spoke: Inventory) -> None:
    account = replace(
        hub_spoke.storage_accounts[0],
        blob_delete_retention_days=7,
        container_delete_retention_days=30,
        versioning=True,
        sas_expiration="01.00:00:00",
    )
    lake = replace(hub_spoke.storage_accounts[1], blob_delete_retention_days=None, container_delete_retention_days=None)
    written = _document(replace(hub_spoke, storage_accounts=(account, lake)))
    accounts = written["resource"]["azurerm_storage_account"]
    assert accounts["storage"]["blob_properties"] == {
        "delete_retention_policy": {"days": 7},
        "container_delete_retention_policy": {"days": 30},
        "versioning_enabled": True,
    }
    assert accounts["storage"]["sas_policy"] == {"expiration_period": "01.00:00:00"}
    assert {"blob_properties", "sas_policy"} & set(accounts["lake"]) == set()


def test_no_id_stands_as_a_literal(hub_spoke: Inventory) -> None:
    literal = [text for text in _strings(_document(hub_spoke)["resource"]) if "/subscriptions/" in text]
    assert literal == []


def test_two_runs_write_the_same_bytes(everything: Inventory) -> None:
    assert render_terraform(everything) == render_terraform(everything)


def test_names_are_terraform_identifiers(everything: Inventory) -> None:
    for named in _document(everything)["resource"].values():
        for name in named:
            assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ml/compute", "ml_compute"),
        ("privatelink.azurecr.io", "privatelink_azurecr_io"),
        ("7-zip", "_7_zip"),
        ("a", "a"),
    ],
)
def test_a_label_is_made_from_a_name(name: str, expected: str) -> None:
    assert label(name) == expected


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ('${file("/etc/passwd")}', '$${file("/etc/passwd")}'),
        ("%{ if true }", "%%{ if true }"),
        (Expression("${var.key}"), "${var.key}"),
        (IPv4Network("10.0.0.0/8"), "10.0.0.0/8"),
        ((IPv4Address("10.0.0.4"), "x"), ["10.0.0.4", "x"]),
        ({"kept": False, "left_out": None}, {"kept": False}),
    ],
)
def test_a_value_as_json_holds_it(value: object, written: object) -> None:
    assert plain(value) == written


def test_the_firewalls_address_is_referred_to_and_insisted_on(hub_spoke: Inventory) -> None:
    resources = _document(hub_spoke)["resource"]
    address = "${azurerm_firewall.firewall.ip_configuration[0].private_ip_address}"
    assert resources["azurerm_route"]["through_firewall_everything"]["next_hop_in_ip_address"] == address
    assert resources["azurerm_virtual_network_dns_servers"]["ml"]["dns_servers"] == [address]
    condition = resources["azurerm_firewall"]["firewall"]["lifecycle"]["postcondition"][0]["condition"]
    assert condition == '${self.ip_configuration[0].private_ip_address == "10.10.0.4"}'


def test_secrets_are_inputs_and_never_values(everything: Inventory) -> None:
    document = _document(everything)
    assert document["variable"]["office_shared_key"] == {
        "type": "string",
        "description": "Shared key of the VPN to office.",
        "sensitive": True,
    }
    connection = document["resource"]["azurerm_virtual_network_gateway_connection"]["office"]
    assert connection["shared_key"] == "${var.office_shared_key}"


STORAGE = "${azurerm_storage_account.stml.id}"
ROLES = {
    "work": {
        "scope": "${azurerm_machine_learning_workspace.mlws.id}",
        "role_definition_name": "AzureML Data Scientist",
        "principal_id": "${var.group_scientists_object_id}",
        "principal_type": "Group",
    },
    "list": {
        "scope": "${data.azurerm_subscription.current.id}",
        "role_definition_id": "${azurerm_role_definition.Lister.role_definition_resource_id}",
        "principal_id": "${var.user_ada_object_id}",
        "principal_type": "User",
    },
    "read": {
        "scope": "${azurerm_resource_group.rg_hub.id}",
        "role_definition_name": "Reader",
        "principal_id": "${var.sp_ci_object_id}",
        "principal_type": "ServicePrincipal",
    },
    "audit": {
        "scope": "/providers/Microsoft.Management/managementGroups/top",
        "role_definition_name": "Reader",
        "principal_id": "${var.sp_ci_object_id}",
        "principal_type": "ServicePrincipal",
    },
    "raw": {
        "scope": f"{STORAGE}/blobServices/default/containers/raw",
        "role_definition_name": "Storage Blob Data Reader",
        "principal_id": "${azurerm_user_assigned_identity.shared.principal_id}",
        "principal_type": "ServicePrincipal",
        "condition": "@Resource[x] StringEquals '$${y}'",
        "condition_version": "2.0",
    },
    "pull": {
        "scope": "${azurerm_container_registry.acrml.id}",
        "role_definition_name": "AcrPull",
        "principal_id": "${azurerm_user_assigned_identity.cpu.principal_id}",
        "principal_type": "ServicePrincipal",
    },
    "jump": {
        "scope": "${azurerm_key_vault.kv_ml.id}",
        "role_definition_name": "Key Vault Secrets User",
        "principal_id": "${azurerm_linux_virtual_machine.jump_host.identity[0].principal_id}",
        "principal_type": "ServicePrincipal",
    },
}


def test_who_has_which_role_where(everything: Inventory) -> None:
    document = _document(everything)
    assert document["resource"]["azurerm_role_assignment"] == ROLES
    assert document["resource"]["azurerm_role_definition"]["Lister"] == {
        "name": "Lister",
        "scope": "${data.azurerm_subscription.current.id}",
        "permissions": {
            "actions": ["Microsoft.Storage/storageAccounts/read"],
            "not_actions": [],
            "data_actions": [],
            "not_data_actions": [],
        },
        "assignable_scopes": ["${data.azurerm_subscription.current.id}"],
    }
    text = "Object id in Entra ID of the group scientists. It is to have the members user:ada."
    assert document["variable"]["group_scientists_object_id"] == {"type": "string", "description": text}


def test_a_shared_identity_is_carried_beside_the_own_one(everything: Inventory) -> None:
    resources = _document(everything)["resource"]
    shared = "${azurerm_user_assigned_identity.shared.id}"
    assert resources["azurerm_linux_virtual_machine"]["jump_host"]["identity"] == {
        "type": "SystemAssigned, UserAssigned",
        "identity_ids": [shared],
    }
    assert resources["azurerm_machine_learning_compute_cluster"]["cpu"]["identity"] == {
        "type": "UserAssigned",
        "identity_ids": ["${azurerm_user_assigned_identity.cpu.id}", shared],
    }


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            {"scope": "mlws/part"},
            Fault(
                'role assignment "work"',
                'scope "mlws/part" is a part that is not written as Terraform yet',
                "assign the role at the whole resource, or at a container of a storage account",
                HERE,
            ),
        ),
        (
            {"eligible": True},
            Fault(
                '"work" under role_assignments',
                "eligible is not written as Terraform yet",
                "take it out of the document that is rendered, and write that part by hand",
                HERE.of("eligible"),
            ),
        ),
    ],
    ids=["a part", "eligible"],
)
def test_an_assignment_that_terraform_does_not_get(everything: Inventory, change: dict[str, Any], fault: Fault) -> None:
    first, *rest = everything.role_assignments
    with pytest.raises(SpecError) as raised:
        render_terraform(replace(everything, role_assignments=(replace(first, **change), *rest)))
    assert raised.value.faults == (fault,)


@pytest.mark.parametrize(
    ("change", "reason", "mend"),
    [
        (
            {"target": "lost"},
            'its target "lost" is of a kind that is not written as Terraform yet',
            "take it out, and write it by hand",
        ),
        (
            {"log_analytics_workspace": "central"},
            'log_analytics_workspace "central" is none that the configuration makes',
            "write log-appi-mlws, or write the setting by hand",
        ),
        (
            {"storage_account": "lost"},
            'storage_account "lost" is none of this environment',
            "declare it, or write the setting by hand",
        ),
        ({"eventhub": "hub"}, "eventhub is not written as Terraform yet", "write the setting by hand"),
    ],
)
def test_a_diagnostic_setting_that_terraform_does_not_get(
    everything: Inventory, change: dict[str, Any], reason: str, mend: str
) -> None:
    setting = replace(everything.diagnostic_settings[0], **change)
    with pytest.raises(SpecError) as raised:
        render_terraform(replace(everything, diagnostic_settings=(setting,)))
    assert raised.value.faults == (Fault('diagnostic setting "ws-logs"', reason, mend, HERE),)


def test_a_budget_of_a_group_that_is_not_there(everything: Inventory) -> None:
    budget = replace(everything.budgets[0], resource_group="rg-lost")
    with pytest.raises(SpecError) as raised:
        render_terraform(replace(everything, budgets=(budget,)))
    reason = 'resource_group "rg-lost" is none of this environment'
    assert raised.value.faults == (Fault('budget "whole"', reason, "write rg-hub or rg-ml", HERE),)


def test_the_cloud_is_the_providers_environment(everything: Inventory) -> None:
    china = _document(replace(everything, cloud=Cloud.CHINA))
    assert china["provider"]["azurerm"]["environment"] == "china"


def _with_tags(whole: Inventory) -> Inventory:
    group = whole.network_security_groups[0]
    rule = replace(group.rules[1], destination=("Internet", "Storage"))
    return replace(whole, network_security_groups=(replace(group, rules=(rule,)),))


def _with_one_address(whole: Inventory) -> Inventory:
    workspace, *rest = whole.private_endpoints
    return replace(whole, private_endpoints=(replace(workspace, private_ips=workspace.private_ips[:1]), *rest))


def _with_foreign_target(whole: Inventory) -> Inventory:
    return replace(whole, private_endpoints=(replace(whole.private_endpoints[1], target="elsewhere"),))


def _with_two_workspaces(whole: Inventory) -> Inventory:
    return replace(whole, workspaces=(*whole.workspaces, replace(whole.workspaces[0], name="second")))


def _with_like_names(whole: Inventory) -> Inventory:
    return replace(whole, machines=(whole.machines[0], replace(whole.machines[0], name="jump.host")))


def _with_undeclared(whole: Inventory) -> Inventory:
    return replace(whole, undeclared=(("azurerm_subnet.lost", HERE),))


def _with_foreign_account(whole: Inventory) -> Inventory:
    policy = replace(whole.service_endpoint_policies[0], service_resources=("stpartner",))
    return replace(whole, service_endpoint_policies=(policy,))


def _with_a_circle(whole: Inventory) -> Inventory:
    account = replace(whole.storage_accounts[0], allowed_subnets=("ml/endpoints",))
    return replace(whole, storage_accounts=(account,))


def _with_bad_names(whole: Inventory) -> Inventory:
    return replace(whole, storage_accounts=(replace(whole.storage_accounts[0], name="st_ml"),), private_endpoints=())


def _with_a_password(whole: Inventory) -> Inventory:
    return replace(whole, machines=(replace(whole.machines[0], password_authentication=True),))


@pytest.mark.parametrize(
    ("change", "thing", "reason", "mend"),
    [
        (
            _with_a_password,
            'machine "jump-host"',
            "a password opens it, and only machines that a key opens are written as Terraform",
            "set password_authentication: false",
        ),
        (
            _with_tags,
            'rule "deny-rest" of network security group "nsg-compute"',
            "destination lists Internet, Storage, but a rule that names a service tag takes that one value",
            "write a rule of its own for Internet",
        ),
        (
            _with_one_address,
            'private endpoint "pe-ws"',
            "amlworkspace takes an address for each of default, notebook, inference, and it states 10.1.0.4",
            "state one address for each, in that order",
        ),
        (
            _with_foreign_target,
            'private endpoint "pe-blob"',
            'its target "elsewhere" is not a service of this environment',
            "point it at a workspace, storage account, key vault or container registry that is declared",
        ),
        (
            _with_two_workspaces,
            'compute "cpu"',
            "there are 2 workspaces, so it is not clear to which one it belongs",
            "state its workspace",
        ),
        (
            _with_like_names,
            '"jump.host"',
            'and "jump-host" (cloister.yaml:7) both become azurerm_public_ip.jump_host in Terraform',
            "rename one of them, so that they differ in more than punctuation",
        ),
        (
            _with_undeclared,
            '"azurerm_subnet.lost"',
            "it is referred to, but nothing of that name is declared",
            "declare it, or take the reference out",
        ),
        (
            _with_bad_names,
            'storage account "st_ml"',
            "Azure does not take this name: 3 to 24 small letters and digits",
            "choose another name; it has to be free in all of Azure",
        ),
        (
            _with_foreign_account,
            'service endpoint policy "sep-compute"',
            '"stpartner" is no storage account of this environment, and Azure takes others by id',
            "write its id, which begins with /subscriptions/",
        ),
        (
            _with_a_circle,
            'service endpoint policy "sep-compute"',
            'it lists "stml", which lets in ml/endpoints, which has this policy: none can be made first',
            "write its id, which begins with /subscriptions/",
        ),
    ],
    ids=[
        "a password",
        "tags",
        "addresses",
        "target",
        "workspaces",
        "like names",
        "undeclared",
        "bad names",
        "foreign account",
        "a circle",
    ],
)
def test_what_terraform_cannot_say_is_refused(
    everything: Inventory, change: Callable[[Inventory], Inventory], thing: str, reason: str, mend: str
) -> None:
    with pytest.raises(SpecError) as raised:
        render_terraform(change(everything))
    assert raised.value.faults[0] == Fault(thing, reason, mend, HERE)


def test_all_faults_come_in_one_run(everything: Inventory) -> None:
    with pytest.raises(SpecError) as raised:
        render_terraform(_with_undeclared(_with_tags(_with_two_workspaces(everything))))
    assert len(raised.value.faults) == 3


@pytest.mark.parametrize(
    ("change", "intact"),
    [
        (lambda text: text, True),
        (lambda text: text.replace("germanywestcentral", "westus"), False),
        (lambda text: text.replace("sha256:", "sha256:0"), False),
        (lambda _: '{"resource": {}}', False),
        (lambda _: "[]", False),
        (lambda _: "resource {}", False),
    ],
    ids=["untouched", "edited", "seal edited", "no seal", "a list", "not JSON"],
)
def test_the_seal_tells_our_own_file(everything: Inventory, change: Callable[[str], str], intact: bool) -> None:
    assert is_intact(change(render_terraform(everything))) is intact


def test_what_is_not_written_is_refused_by_name_and_never_dropped(hub_spoke: Inventory) -> None:
    (network, *_), attribute = hub_spoke.networks, (("networks", "dns_servers"),)
    (fault, *_) = unwritten(hub_spoke, attribute)
    assert (fault.thing, fault.reason) == (
        f'"{network.name}" under networks',
        "dns_servers is not written as Terraform yet",
    )
    assert fault.origin == network.origin.of("dns_servers")
    assert len(list(unwritten(hub_spoke, (("networks", ""),)))) == len(hub_spoke.networks)


OTHERS = "version: 1\nname: others\nregion: westeurope\nservices: {adf-mine: {kind: datafactory}}\n"


def test_of_other_services_a_data_factory_is_written_and_the_rest_is_refused() -> None:
    written = _document(read_text(OTHERS, "f.yaml"))["resource"]["azurerm_data_factory"]["adf_mine"]
    assert (written["name"], written["public_network_enabled"]) == ("adf-mine", True)
    with pytest.raises(SpecError) as refused:
        render_terraform(read_text(OTHERS.replace("{adf-mine:", "{mine: {kind: sql}, adf-mine:"), "f.yaml"))
    [fault] = refused.value.faults
    assert (fault.thing, fault.reason) == (
        '"mine" under services',
        "a resource of this kind is not written as Terraform yet",
    )


POLICIES = """\
version: 1
name: shared
region: westeurope
networks:
  hub: {resource_group: rg, address_space: [10.0.0.0/16], subnets: {AzureFirewallSubnet: {prefix: 10.0.0.0/26}}}
firewalls: {wall: {network: hub, private_ip: 10.0.0.4, sku_tier: Premium, policy: own}}
firewall_policies:
  base: {threat_intelligence: Deny, threat_intelligence_allowlist: [8.8.8.8, pypi.org]}
  own:
    base_policy: base
    sku_tier: Premium
    intrusion_detection: Alert
    snat_private_ranges: [IANAPrivateRanges, 20.0.0.0/16]
    rule_collection_groups:
      g:
        priority: 100
        nat_rule_collections:
          in:
            priority: 100
            rules: {ssh: {source_ip_groups: [office], ports: 2222, translated_address: 10.0.1.4, translated_port: 22}}
        application_rule_collections:
          a:
            priority: 200
            action: Allow
            rules: {r: {sources: ["*"], fqdn_tags: [WindowsUpdate], web_categories: [News], tls_inspection: true}}
ip_groups: {office: {addresses: [10.9.0.0/16, 10.8.0.4-10.8.0.9]}}
"""


def test_shared_policies_with_their_base_and_ip_groups() -> None:
    resources = _document(read_text(POLICIES, "cloister.yaml"))["resource"]
    placed = {
        "resource_group_name": "${azurerm_resource_group.rg.name}",
        "location": "${azurerm_resource_group.rg.location}",
    }
    assert resources["azurerm_ip_group"] == {
        "office": {"name": "office", **placed, "cidrs": ["10.9.0.0/16", "10.8.0.4-10.8.0.9"]}
    }
    assert resources["azurerm_firewall_policy"]["base"]["threat_intelligence_allowlist"] == {
        "ip_addresses": ["8.8.8.8"],
        "fqdns": ["pypi.org"],
    }
    assert resources["azurerm_firewall_policy"]["own"] == {
        "name": "own",
        **placed,
        "base_policy_id": "${azurerm_firewall_policy.base.id}",
        "sku": "Premium",
        "threat_intelligence_mode": "Deny",
        "dns": {"proxy_enabled": False},
        "private_ip_ranges": ["IANAPrivateRanges", "20.0.0.0/16"],
        "intrusion_detection": {"mode": "Alert"},
    }
    assert resources["azurerm_firewall"]["wall"]["firewall_policy_id"] == "${azurerm_firewall_policy.own.id}"
    group = resources["azurerm_firewall_policy_rule_collection_group"]["own_g"]
    assert group["nat_rule_collection"] == [
        {
            "name": "in",
            "priority": 100,
            "action": "Dnat",
            "rule": [
                {
                    "name": "ssh",
                    "protocols": ["TCP"],
                    "source_ip_groups": ["${azurerm_ip_group.office.id}"],
                    "destination_address": "${azurerm_public_ip.wall.ip_address}",
                    "destination_ports": ["2222"],
                    "translated_address": "10.0.1.4",
                    "translated_port": 22,
                }
            ],
        }
    ]
    (rule,) = group["application_rule_collection"][0]["rule"]
    assert rule == {
        "name": "r",
        "source_addresses": ["*"],
        "destination_fqdn_tags": ["WindowsUpdate"],
        "web_categories": ["News"],
        "terminate_tls": True,
        "protocols": [{"type": "Https", "port": 443}],
    }


def test_source_ports_and_the_subnets_of_a_peering_are_written() -> None:
    text = """\
version: 1
name: joined
region: westeurope
networks:
  one:
    address_space: [10.0.0.0/16]
    subnets: {a: {prefix: 10.0.1.0/24}}
    peerings: {two: {peer_complete_virtual_networks_enabled: false, local_subnet_names: [a], remote_subnet_names: [b]}}
  two:
    address_space: [10.1.0.0/16]
    subnets: {b: {prefix: 10.1.1.0/24}}
    peerings: {one: {}}
network_security_groups:
  nsg: {rules: {r: {priority: 100, direction: Inbound, access: Deny, source_ports: [1024-65535, 22]}}}
"""
    resources = json.loads(render_terraform(read_text(text, "f.yaml")))["resource"]
    rule = resources["azurerm_network_security_rule"]["nsg_r"]
    assert (rule["source_port_ranges"], rule.get("source_port_range")) == (["1024-65535", "22"], None)
    listed, whole = resources["azurerm_virtual_network_peering"].values()
    stated = ("peer_complete_virtual_networks_enabled", "local_subnet_names", "remote_subnet_names")
    assert [listed.get(key) for key in stated] == [False, ["a"], ["b"]]
    assert [whole.get(key) for key in stated] == [None, None, None]
