"""What `cloister show` prints reads back to the same environment."""

import json
from dataclasses import fields, is_dataclass
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloister.inventory.azure import Inventory
from cloister.sources.blueprints import BLUEPRINTS, blueprint_text
from cloister.sources.expanded import document_of, document_text
from cloister.sources.spec import read_text
from cloister.sources.written import parse


def without_origins(value: Any) -> Any:  # noqa: ANN401 - any part of an inventory
    """The same with every origin left out, to be compared."""
    if is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in fields(value) if field.name != "origin"}
        return type(value).__name__, {name: without_origins(part) for name, part in parts.items()}
    if isinstance(value, tuple):
        return tuple(without_origins(part) for part in value)
    return value


def meaning(inventory: Inventory) -> Any:  # noqa: ANN401 - as above
    """Everything that the inventory says, apart from where it was written."""
    named = [name for name, _ in inventory.undeclared]
    return without_origins(inventory)[1] | {"undeclared": named}


RARE = """\
version: 1
name: rare
cloud: azure-china
region: chinanorth3
resource_groups:
  mine: {subscription: prod, lock: ReadOnly, denied_types: [Microsoft.Network/networkSecurityGroups]}
  theirs: {}
networks:
  one:
    resource_group: mine
    address_space: [10.0.0.0/16, 10.1.0.0/16]
    dns_servers: [10.0.0.4, 10.0.0.5]
    subnets:
      AzureFirewallSubnet: {prefix: 10.1.0.0/26}
      a: {prefix: 10.0.1.0/24, nat_gateway: nat, delegation: Microsoft.Web, service_endpoints: [Microsoft.Storage]}
      b: {prefix: 10.0.2.0/24, service_endpoint_policies: [ml], route_table: ways}
      c: {prefix: 10.0.3.0/24, private_endpoint_network_policies: Enabled}
      in: {prefix: 10.0.8.0/28, delegation: Microsoft.Network/dnsResolvers}
      out: {prefix: 10.0.8.16/28, delegation: Microsoft.Network/dnsResolvers}
    private_endpoint_vnet_policies: Basic
    created_with: bicep
    api_version: 2025-07-01-preview
    peerings:
      two:
        allow_virtual_network_access: false
        peer_complete_virtual_networks_enabled: false
        local_subnet_names: [a]
        remote_subnet_names: [d]
  two: {address_space: [10.2.0.0/16], subnets: {AzureFirewallSubnet: {prefix: 10.2.0.0/26}, d: {prefix: 10.2.1.0/24}}}
network_security_groups:
  none: {}
  some:
    rules:
      many:
        priority: 100
        direction: Inbound
        access: Deny
        protocol: Icmp
        source_ports: [1024-65535]
        source: [10.0.0.0/8, 10.9.9.9]
        destination_ports: [80, 90-99]
      sets: {priority: 200, direction: Inbound, access: Allow, source_application_security_groups: [set]}
application_security_groups: {set: {}}
service_endpoint_policies: {ml: {service_resources: [/services/Azure/MachineLearning, stdata]}}
public_ips: {old: {sku: Basic, ip_address: 203.0.113.4}, new: {}}
nat_gateways: {nat: {public_ips: [old]}}
load_balancers:
  plain: {sku: Basic, frontends: {out: {public_ip: old}}}
  full:
    backends: [all]
    frontends:
      in:
        subnet: one/a
        private_ip: 10.0.1.99
        rules:
          all: {protocol: All, floating_ip: true}
          web: {frontend_port: 443, backend_port: 8443, probe_port: 8080, backends: [all], disable_outbound_snat: true}
      out: {public_ip: new, outbound_rules: {udp: {protocol: Udp, backends: [all]}, all: {}}}
network_groups: {all: {networks: [one]}}
admin_rule_collections:
  base:
    network_groups: [all]
    rules: {r: {priority: 1, direction: Outbound, access: AlwaysAllow, protocol: Esp, destination: [10.0.0.0/8]}}
route_tables:
  ways:
    routes:
      tag: {prefix: AzureMonitor, next_hop_type: Internet}
      dead: {prefix: 10.9.0.0/16, next_hop_type: None}
firewalls:
  wall:
    network: one
    private_ip: 10.1.0.4
    sku_tier: Premium
    dns_servers: [10.0.1.9]
    threat_intelligence: "Off"
    rule_collection_groups:
      empty: {priority: 100}
      both:
        priority: 200
        network_rule_collections:
          n:
            priority: 300
            action: Deny
            rules:
              r: {protocols: [UDP, ICMP], sources: ["*"], destination_fqdns: [time.example], ports: [123, 1000-2000]}
        application_rule_collections:
          a:
            priority: 400
            action: Allow
            rules: {r: {protocols: ["Http:80", "Https:8443"], sources: [10.0.1.5], fqdns: ["*"], tls_inspection: true}}
  shared: {network: two, private_ip: 10.2.0.4, public_ips: [20.0.0.1, 20.0.0.2], sku_tier: Premium, policy: child}
firewall_policies:
  base: {threat_intelligence: Alert, threat_intelligence_allowlist: [10.0.0.4-10.0.0.9, 8.8.8.8, "*.example.com"]}
  child:
    base_policy: base
    sku_tier: Premium
    intrusion_detection: Deny
    snat_private_ranges: [IANAPrivateRanges, 20.1.0.0/16, 20.2.0.1]
    explicit_proxy_ports: [8080, 8443]
    rule_collection_groups:
      g:
        priority: 100
        nat_rule_collections:
          in:
            priority: 100
            rules:
              a: {source_ip_groups: [office], ports: [22, 8000-8009], translated_address: 10.0.1.4, translated_port: 22}
              b:
                protocols: [TCP, UDP]
                sources: [203.0.113.7]
                destination: 20.0.0.2
                ports: 53
                translated_fqdn: names.example.com
                translated_port: 53
        network_rule_collections:
          n:
            priority: 200
            action: Deny
            rules: {r: {protocols: [Any], sources: ["*"], destination_ip_groups: [office], ports: "*"}}
        application_rule_collections:
          a:
            priority: 300
            action: Deny
            rules: {r: {source_ip_groups: [office], fqdn_tags: [WindowsUpdate], web_categories: [Gambling]}}
ip_groups: {office: {addresses: [10.9.0.0/16, 10.8.0.1, 10.8.0.4-10.8.0.9]}}
on_premises:
  lone:
    address_space: [192.168.0.0/24]
    dns_server: 192.168.0.1
    advertised_prefixes: [0.0.0.0/0]
    conditional_forwarders: {azure.cn: 10.0.0.4, .: [10.0.0.5, 10.0.0.6]}
    static_records: {"*.x.azure.cn": 10.0.3.4, y.azure.cn: 10.0.3.5}
machines:
  all:
    purpose: other
    subnet: one/a
    private_ip: 10.0.1.4
    public_ip: old
    ip_forwarding: true
    translates_source: true
    forwards: {r: {sources: [10.0.0.0/8], destinations: ["*"], ports: 443}}
    network_security_group: some
    dns_servers: [10.0.0.9]
    application_security_groups: [set]
    secrets_in_extension_settings: ["1e5", "yes"]
    password_authentication: false
    encryption_at_host: true
    managed_disks: false
    vm_agent: false
    extension_operations: false
    world_writable_paths: [/a b]
    download_url: "https://example.com/x?y=#z"
    download_sha256: "0123456789"
    identity: UserAssigned
private_endpoints:
  pending: {subnet: one/c, target: data, subresource: dfs, private_ips: [10.0.3.4], approval: Pending}
private_dns_zones:
  example.com: {links: {one: {nxdomain_redirect: true, registration: true}}, records: {"*": 10.0.3.4, www: 10.0.3.5}}
  unlinked.net: {}
dns_resolvers:
  resolver:
    network: one
    inbound_endpoints: {in: {subnet: one/in, private_ip: 10.0.8.4}}
    outbound_endpoints: {out: {subnet: one/out}}
forwarding_rulesets:
  rules:
    outbound_endpoints: [resolver/out]
    links: {one: {}}
    rules:
      off: {suffix: corp.example., targets: "10.0.0.5:5353", enabled: false}
      all: {suffix: ., targets: [10.0.0.5, "10.0.0.6:54"]}
name_servers:
  own: {machine: all, forwards: {.: 168.63.129.16, a.example: [10.0.0.5, 10.0.0.6]}, static_records: {"*.x": 10.0.3.4}}
storage_accounts:
  lake: {bypass: None, trusted_resources: [ml, factory], access_lists: false}
  data: {name: stdata, allowed_subnets: [one/a], allowed_prefixes: [203.0.113.0/24], hierarchical_namespace: true}
  kept:
    https_traffic_only: false
    min_tls_version: TLS1_0
    allow_nested_items_to_be_public: true
    local_users: false
    sas_expiration: 07.00:00:00
    blob_delete_retention_days: 7
    container_delete_retention_days: 30
    versioning: true
    infrastructure_encryption: true
    customer_managed_key: own
key_vaults:
  locked: {bypass: None, allowed_subnets: [one/a], allowed_prefixes: [203.0.113.0/24]}
  keys: {purge_protection: true, rbac_authorization: true, network_default_action: Deny}
  old: {name: kvold, access_policies: {"user:ada": [get, list], "identity:ml": [set]}, soft_delete_retention_days: 7}
keys: {own: {vault: old, rotation: P90D}, far: {}}
container_registries:
  images:
    sku: Basic
    admin_user: true
    network_default_action: Deny
    allowed_prefixes: [203.0.113.0/24]
    bypass: None
    data_endpoints: true
    anonymous_pull: true
    agent_pool_subnet: one/a
    repository_permissions: true
    trust_policy: true
    quarantine_policy: true
    retention_days: 0
    replications: [chinaeast3]
    customer_managed_key: far
services:
  factory: {name: adf-mine, kind: datafactory, host_id: "7", public_network_access: false}
  cluster:
    kind: kubernetes
    network_default_action: Deny
    allowed_prefixes: [203.0.113.0/24]
    subnets: [one/a, one/b]
    node_public_ip: true
    identity: UserAssigned
    local_accounts: false
    kubernetes:
      role_based_access_control: false
      network_policy: cilium
      azure_policy: true
      dashboard: true
      monitoring: true
      secrets_rotation: true
      upgrades: node-image
      sku_tier: Premium
      outbound_type: userDefinedRouting
      pool_type: AvailabilitySet
      max_pods: 50
      os_disk_type: Ephemeral
      only_critical_addons: true
      encryption_at_host: true
      disk_encryption_key: own
  base: {kind: sql, allowed_subnets: [one/a], bypass: None}
  lookup: {kind: search}
workspaces:
  ml:
    workspace_id: 0f8fad5b-d9cb-469f-a165-70867728950e
    managed_network: AllowOnlyApprovedOutbound
    managed_network_kind: V2
    managed_network_provisioned: false
    managed_network_spark: true
    managed_network_firewall_sku: Basic
    outbound_rules:
      lake: {type: PrivateEndpoint, target: data, subresource: dfs, approval: Pending}
      storage: {type: ServiceTag, service_tag: Storage.chinanorth3, protocol: "*", ports: [443, 8000-8080]}
      packages: {type: FQDN, fqdn: "*.example.com"}
    storage_account: data
    key_vault: keys
    container_registry: images
    v1_legacy_mode: true
    high_business_impact: true
    customer_managed_key: own
    identity: UserAssigned
    loops: [inner, outer]
computes:
  managed: {kind: cluster, tier: LowPriority, min_nodes: 1, max_nodes: 9, idle_seconds: 0, ssh_public_access: true}
  named: {kind: cluster, workspace: ml}
  person: {kind: instance, workspace: ml, root_access: false}
principals:
  ada: {kind: user}
  everyone: {kind: group, members: ["user:ada", "sp:ci"]}
  ci: {kind: service-principal, credential: federated}
  shared: {kind: managed-identity, used_by: [ml, all]}
role_definitions:
  Own role:
    actions: ["*"]
    not_actions: ["*/delete"]
    data_actions: ["Microsoft.KeyVault/vaults/*"]
    not_data_actions: ["Microsoft.KeyVault/vaults/keys/*"]
    assignable_scopes: [ml, "resource-group:mine"]
role_assignments:
  a: {principal: "group:everyone", role: Own role, scope: ml}
  b: {principal: "identity:shared", role: Reader, scope: data/raw, condition: "@x", eligible: true}
deny_assignments:
  d:
    principals: ["*"]
    excluded: ["sp:ci"]
    actions: ["*/write"]
    not_actions: ["*/read"]
    data_actions: ["*"]
    not_data_actions: ["*/x"]
    scope: "management-group:top"
    here_only: true
policy_assignments:
  models:
    definition: 19539b54-c61e-4196-9a38-67598701be90
    scope: kept
    parameters: {effect: Deny, restrictedModels: [a, "1e5"]}
    enforced: false
  own: {definition: ours, scope: "management-group:top"}
defender_plans:
  StorageAccounts: {tier: Standard, subplan: DefenderForStorageV2}
  KeyVaults: {tier: Free}
online_endpoints:
  score:
    kind: kubernetes
    public_network_access: false
    auth_mode: aad_token
    identity: UserAssigned
    deployments: {blue: {instance_count: 2}, green: {egress_public_network_access: false}}
  local: {kind: kubernetes, workspace: ml, cluster: cluster, ingress_ip: 10.0.1.20}
batch_endpoints:
  nightly: {compute: managed, workspace: ml}
groups:
  nobody: {role: admin}
intents:
  "it's: odd": {must_not: "a -> b", why: "# not a comment", loop: outer, mend: "{braces} and \\"quotes\\""}
  many:
    must:
      from: [computes, "subnet:one/*"]
      to: data/blob
      ports: [443, 80-90]
      protocol: udp
      except: {from: managed, to: [services, x.example]}
    why: a test
packs: {packages-r: "on", vs-code: {ask: "off", why: "# nobody uses it"}}
approved: {github.com: "code: shared", "*.example.org": {why: a test, from: [computes, one/a]}}
diagnostic_settings:
  logs: {target: ml, log_analytics_workspace: log, categories: [AmlComputeClusterEvent], metrics: [AllMetrics]}
autoscale_settings: {more: {target: score/blue, maximum: 5}}
metric_alerts: {busy: {target: data, metric: CpuUtilizationPercentage}}
budgets: {monthly: {amount: 100, start_date: 2026-12-01, resource_group: mine, thresholds: [50]}}
requirements: {stage: prod, availability: 99.9, training: [gpu], peak_nodes: {managed: 3}, training_hours: 4}
observed:
  collected: "2026-11-20"
  computes: [{name: notebook, type: computeinstance, latest_image: false, scheduled: true}]
  jobs: []
  usages: [{name: {value: standardDSv2Family}, currentValue: "8", limit: 24}]
  network_usages: [{name: {value: LoadBalancers}, currentValue: "2", limit: 1000}]
undeclared: [azurerm_subnet.a, "b: c"]
"""


def test_what_is_rare_is_all_that_an_environment_can_say() -> None:
    inventory = read_text(RARE, "a.yaml")
    [site], [_, account, _], [machine] = inventory.on_premises, inventory.storage_accounts, inventory.machines
    assert dict(site.static_records) == {"*.x.azure.cn": IPv4Address("10.0.3.4"), "y.azure.cn": IPv4Address("10.0.3.5")}
    assert (account.name, account.allowed_subnets) == ("stdata", ("one/a",))
    assert machine.secrets_in_extension_settings == ("1e5", "yes")
    assert not [
        field.name for field in fields(inventory) if getattr(inventory, field.name) == () and field.name not in _EMPTY
    ]


_EMPTY = (
    "gateways",
    "bastions",
    "gaps",
    "not_understood",
)  # the blueprints have the first two; a sound document has no gaps


IN_AZURE = [name for name in BLUEPRINTS if name.startswith("azure-")]


@pytest.mark.parametrize("text", [RARE, *map(blueprint_text, IN_AZURE)], ids=["what is rare", *IN_AZURE])
def test_documents_survive(text: str) -> None:
    inventory = read_text(text, "a.yaml")
    again = read_text(document_text(inventory), "b.yaml")
    assert meaning(again) == meaning(inventory)
    assert document_text(again) == document_text(inventory)


def test_yaml_and_json_say_the_same() -> None:
    inventory = read_text(blueprint_text("azure-hub-spoke"), "a.yaml")
    assert parse(document_text(inventory), "b.yaml").plain() == json.loads(json.dumps(document_of(inventory)))


_names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}[A-Za-z0-9_]", fullmatch=True)
_texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Co", "Cn")), min_size=1)
_overlays = st.fixed_dictionaries(
    {"version": st.just(1), "blueprint": st.just("azure-published-terraform")},
    optional={
        "groups": st.dictionaries(
            _names,
            st.fixed_dictionaries(
                {"role": st.sampled_from(["admin", "reader"]), "members": st.lists(_names, max_size=3)}
            ),
            max_size=3,
        ),
        "intents": st.dictionaries(
            _texts, st.fixed_dictionaries({"must": _texts, "why": _texts}, optional={"mend": _texts}), max_size=3
        ),
        "storage_accounts": st.dictionaries(
            _names.filter(lambda name: name not in ("my_kv", "my_acr", "my_aml_workspace")),
            st.fixed_dictionaries({"shared_access_key": st.booleans()}),
            max_size=3,
        ),
        "computes": st.dictionaries(
            _names,
            st.fixed_dictionaries(
                {"kind": st.just("cluster"), "vm_size": _texts}, optional={"idle_seconds": st.integers(0, 10**9)}
            ),
            max_size=3,
        ),
    },
)


@settings(max_examples=30, deadline=None)
@given(_overlays)
def test_whatever_is_laid_over_survives(overlay: dict[str, Any]) -> None:
    inventory = read_text(json.dumps(overlay, ensure_ascii=False), "a.yaml")
    assert meaning(read_text(document_text(inventory), "b.yaml")) == meaning(inventory)
