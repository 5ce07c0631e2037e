"""What the reader of cloister.yaml says of services and endpoints that Azure does not have in that form."""

import pytest

from cloister.errors import SpecError
from cloister.sources.spec import read_text

HEAD = """\
version: 1
name: served
cloud: CLOUD
region: westeurope
storage_accounts: {store: {}}
key_vaults: {keys: {}}
workspaces: {studio: {storage_account: store, key_vault: keys}}
"""
KINDS = (
    "sql, postgresql, cosmos, eventhub, ai, search, monitor, insights, ml-registry, databricks, synapse, hdinsight, "
    "datafactory, purview, kubernetes or batch"
)
ROWS = {
    "a kind like a known one": (
        "services: {base: {kind: postgres}}",
        'service "base": kind "postgres" is none that is known (f.yaml:8:19)\n  mend: write postgresql',
    ),
    "a kind like none": (
        "services: {base: {kind: zzz}}",
        f'service "base": kind "zzz" is none that is known (f.yaml:8:19)\n  mend: write {KINDS}',
    ),
    "network rules where the kind takes none": (
        "services: {scope: {kind: monitor, allowed_prefixes: [203.0.113.0/24]}}",
        (
            'service "scope": a service of kind monitor has no allowed_prefixes (f.yaml:8:35)\n'
            "  mend: remove it; public_network_access decides"
        ),
    ),
    "a mode that only scopes have": (
        "services: {base: {kind: sql, access_mode: Open}}",
        'service "base": a service of kind sql has no access_mode (f.yaml:8:30)\n  mend: remove it',
    ),
    "scopes that only monitoring has": (
        "services: {scope: {kind: monitor}, base: {kind: sql, scopes: [scope]}}",
        'service "base": a service of kind sql has no scopes (f.yaml:8:54)\n  mend: remove it',
    ),
    "a scope that is none": (
        "services: {scope: {kind: monitor}, base: {kind: sql}, eyes: {kind: insights, scopes: [base]}}",
        ('service "eyes": scopes names "base", which is a service of kind sql (f.yaml:8:78)\n  mend: write scope'),
    ),
    "an identity where the kind can have none": (
        "services: {scope: {kind: monitor, identity: SystemAssigned}}",
        'service "scope": a service of kind monitor has no identity (f.yaml:8:35)\n  mend: remove it',
    ),
    "accounts that only clusters have": (
        "services: {base: {kind: sql, local_accounts: false}}",
        'service "base": a service of kind sql has no local_accounts (f.yaml:8:30)\n  mend: remove it',
    ),
    "settings that only clusters have": (
        "services: {base: {kind: sql, kubernetes: {sku_tier: Free}}}",
        'service "base": a service of kind sql has no kubernetes (f.yaml:8:30)\n  mend: remove it',
    ),
    "a key that is none": (
        "keys: {own: {vault: keys}}\ncontainer_registries: {images: {customer_managed_key: owm}}",
        ('container registry "images": customer_managed_key "owm" names no key (f.yaml:9:55)\n  mend: write own'),
    ),
    "a vault of a key that is none": (
        "keys: {own: {vault: kee}}",
        'key "own": vault "kee" names no key vault (f.yaml:8:21)\n  mend: declare it under key_vaults, or write keys',
    ),
    "a policy at a scope that is none": (
        "policy_assignments: {models: {definition: ours, scope: studdio}}",
        (
            'policy assignment "models": scope "studdio" is no scope of this environment (f.yaml:8:49)\n'
            "  mend: write studio"
        ),
    ),
    "a duration in other words": (
        "keys: {own: {rotation: 90 days}}",
        'key "own": rotation "90 days" is not a duration (f.yaml:8:24)\n  mend: write one such as P90D or P1Y',
    ),
    "a subresource of another kind": (
        (
            "networks: {net: {address_space: [10.0.0.0/16], subnets: {a: {prefix: 10.0.0.0/24}}}}\n"
            "services: {base: {kind: sql}}\n"
            "private_endpoints: {end: {subnet: net/a, target: base, subresource: blob, private_ips: [10.0.0.4]}}"
        ),
        (
            'private endpoint "end": subresource "blob" is none that a SQL server has (f.yaml:10:56)\n'
            "  mend: write sqlServer"
        ),
    ),
    "a service that shares its name with an endpoint": (
        "services: {twin: {kind: sql}}\nonline_endpoints: {twin: {}}",
        (
            'online endpoint "twin": the service has the same name, so a target could mean either (f.yaml:9:20)\n'
            "  mend: give one of the two another name"
        ),
    ),
    "a cluster for an endpoint that Azure runs": (
        "services: {cluster: {kind: kubernetes}}\nonline_endpoints: {score: {cluster: cluster}}",
        (
            'online endpoint "score": is of kind managed and has cluster (f.yaml:9:28)\n'
            "  mend: remove cluster, or write kind: kubernetes"
        ),
    ),
    "a batch endpoint on nothing": (
        "batch_endpoints: {nightly: {compute: lab}}",
        'batch endpoint "nightly": compute "lab" names no compute (f.yaml:8:38)\n  mend: declare it under computes',
    ),
}


@pytest.mark.parametrize(("more", "told"), ROWS.values(), ids=ROWS)
def test_tells(more: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        read_text(HEAD.replace("CLOUD", "azure") + more, "f.yaml")
    assert str(refused.value) == told


def test_a_kind_without_known_names_in_a_cloud_is_told() -> None:
    with pytest.raises(SpecError) as refused:
        read_text(HEAD.replace("CLOUD", "azure-china") + "services: {catalog: {kind: purview}}", "f.yaml")
    assert str(refused.value) == (
        'service "catalog": the host names of kind purview in cloud azure-china are not known (f.yaml:8:22)\n'
        "  mend: leave it out, and ask by its host name"
    )


def test_legacy_mode_has_no_managed_endpoints() -> None:
    text = HEAD.replace("CLOUD", "azure").replace("key_vault: keys}", "key_vault: keys, v1_legacy_mode: true}")
    with pytest.raises(SpecError) as refused:
        read_text(text + "online_endpoints: {churn: {}}", "f.yaml")
    assert str(refused.value) == (
        'online endpoint "churn": workspace studio is in v1_legacy_mode, which has no managed online endpoints '
        "(f.yaml:8:20)\n  mend: set v1_legacy_mode: false on studio"
    )
