"""Both blueprints read without a fault, and say what they are there to say."""

import pytest

from cloister.errors import SpecError
from cloister.inventory.azure import Inventory
from cloister.sources.blueprints import BLUEPRINTS, blueprint_text, starter_text
from cloister.sources.spec import read_text


@pytest.fixture(params=[name for name in BLUEPRINTS if name.startswith("azure-")])
def blueprint(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def _read(name: str) -> Inventory:
    return read_text(blueprint_text(name), f"{name}.yaml")


def test_reads(blueprint: str) -> None:
    assert _read(blueprint).networks


def test_starter_reads(blueprint: str) -> None:
    inventory = read_text(starter_text(blueprint), "cloister.yaml")
    assert inventory.name == blueprint.removeprefix("azure-")
    assert inventory.networks == _read(blueprint).networks


def test_unknown_blueprint_is_told_with_the_near_miss() -> None:
    with pytest.raises(SpecError) as refused:
        blueprint_text("azure-hub-spike")
    assert str(refused.value) == (
        'blueprint "azure-hub-spike": there is no blueprint of that name\n  mend: write azure-hub-spoke'
    )


def test_the_closed_one_is_closed_by_what_it_states() -> None:
    inventory = _read("azure-hub-spoke")
    assert not any(workspace.public_network_access for workspace in inventory.workspaces)
    assert not any(account.public_network_access for account in inventory.storage_accounts)
    assert not any(vault.public_network_access for vault in inventory.key_vaults)
    assert not any(registry.public_network_access for registry in inventory.container_registries)
    assert not any(compute.node_public_ip or compute.local_auth or compute.min_nodes for compute in inventory.computes)
    assert not any(machine.public_ip for machine in inventory.machines)
    assert not any(subnet.default_outbound_access for _, subnet in inventory.subnets())
    assert inventory.workspaces[0].image_build_compute in [compute.name for compute in inventory.computes]
    [compute] = [subnet for _, subnet in inventory.subnets() if subnet.name == "compute"]
    [endpoints] = [subnet for _, subnet in inventory.subnets() if subnet.name == "private-endpoints"]
    assert (compute.prefix.prefixlen, endpoints.prefix.prefixlen) == (24, 27)


def test_the_closed_one_resolves_every_zone_where_it_is_asked() -> None:
    inventory = _read("azure-hub-spoke")
    [firewall] = inventory.firewalls
    assert firewall.dns_proxy
    assert {network.dns_servers for network in inventory.networks} == {(firewall.private_ip,)}
    for zone in inventory.private_dns_zones:
        assert {link.network for link in zone.links} == {network.name for network in inventory.networks}
    suffixes = dict(inventory.on_premises[0].forwarders)
    assert not [suffix for suffix in suffixes if suffix.startswith("privatelink.")], "forward the public suffixes"
    assert set(suffixes.values()) == {(firewall.private_ip,)}


def test_the_closed_one_allows_no_tag_that_would_open_every_account() -> None:
    [firewall] = _read("azure-hub-spoke").firewalls
    tags = {
        destination
        for group in firewall.rule_collection_groups
        for collection in group.collections
        if collection.kind == "network"
        for rule in collection.rules
        for destination in getattr(rule, "destinations", ())
        if not destination[0].isdigit()
    }
    assert tags == {
        "AzureActiveDirectory",
        "AzureMachineLearning",
        "AzureMonitor",
        "AzureResourceManager",
        "BatchNodeManagement",
    }


def test_filters_on_private_endpoints_name_one_port_a_rule() -> None:
    # Azure honours only the first of several port ranges there.
    groups = {group.name: group for group in _read("azure-hub-spoke").network_security_groups}
    assert {len(rule.destination_ports) for rule in groups["nsg-private-endpoints"].rules} == {1}


def test_the_published_one_has_the_defects_of_the_published_one() -> None:
    inventory = _read("azure-published-terraform")
    linked = {zone.name: [link.network for link in zone.links] for zone in inventory.private_dns_zones}
    assert linked["privatelink.azurecr.io"] == ["amlvnet"]
    assert linked["privatelink.api.azureml.ms"] == linked["privatelink.notebooks.azure.net"] == ["amlvnet"]
    [workspace], [cluster], [registry] = inventory.workspaces, inventory.computes, inventory.container_registries
    assert workspace.public_network_access
    assert not workspace.origin.states("public_network_access"), "left at its default"
    assert workspace.image_build_compute is None
    assert not registry.public_network_access
    assert registry.admin_user
    assert cluster.node_public_ip
    assert cluster.local_auth
    assert "file" not in [endpoint.subresource for endpoint in inventory.private_endpoints]
    agents = [machine for machine in inventory.machines if machine.purpose == "ci-agent"]
    assert len(agents) == 2
    for agent in agents:
        assert agent.secrets_in_extension_settings == ("ADO_PAT",)
        assert agent.world_writable_paths == ("/myagent",)
        assert agent.download_sha256 is None
        assert agent.download_url is not None
        assert "vstsagentpackage.azureedge.net" in agent.download_url
    undeclared = dict(inventory.undeclared)
    assert "azurerm_machine_learning_workspace.my_workspace" in undeclared
    assert str(undeclared["azurerm_container_registry.my_acr_aml"]).startswith("azure-published-terraform.yaml:")
