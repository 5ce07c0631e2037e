"""What the reader of cloister.yaml says of outbound rules that a managed network does not take."""

import pytest

from cloister.errors import SpecError
from cloister.sources.spec import read_text

WHOLE = """\
version: 1
name: managed
region: westeurope
storage_accounts: {store: {}}
key_vaults: {keys: {}}
workspaces:
  studio:
    storage_account: store
    key_vault: keys
    managed_network: MODE
    outbound_rules:
      rule: RULE
"""
ROWS = {
    "a rule where Azure manages no network": (
        "Disabled",
        "{type: PrivateEndpoint, target: store, subresource: blob}",
        (
            'outbound rule "studio/rule": managed_network of studio is Disabled, so there is no network for it '
            "(f.yaml:12:14)\n  mend: set managed_network: AllowOnlyApprovedOutbound, or remove the rule"
        ),
    ),
    "a name where everything is let out": (
        "AllowInternetOutbound",
        "{type: FQDN, fqdn: pypi.org}",
        (
            'outbound rule "studio/rule": a rule of type FQDN does nothing in mode AllowInternetOutbound, which lets '
            "everything out (f.yaml:12:14)\n  mend: set managed_network: AllowOnlyApprovedOutbound, or remove the rule"
        ),
    ),
    "a name of a storage account": (
        "AllowOnlyApprovedOutbound",
        "{type: FQDN, fqdn: other.blob.core.windows.net}",
        (
            'outbound rule "studio/rule": fqdn other.blob.core.windows.net is a name of a storage account, which no '
            "rule on names may state (f.yaml:12:26)\n  mend: write a rule of type PrivateEndpoint for the account"
        ),
    ),
    "a subresource that its target does not have": (
        "AllowOnlyApprovedOutbound",
        "{type: PrivateEndpoint, target: store, subresource: blobs}",
        (
            'outbound rule "studio/rule": subresource "blobs" is none that a storage account has (f.yaml:12:52)\n'
            "  mend: write blob"
        ),
    ),
    "a target that is not there": (
        "AllowOnlyApprovedOutbound",
        "{type: PrivateEndpoint, target: stor, subresource: blob}",
        'outbound rule "studio/rule": target "stor" names no SERVICES (f.yaml:12:45)\n  mend: write store',
    ),
    "a type without its key": (
        "AllowOnlyApprovedOutbound",
        "{type: PrivateEndpoint, target: store}",
        (
            'outbound rule "studio/rule": is of type PrivateEndpoint and has no subresource (f.yaml:12:13)\n'
            "  mend: add subresource"
        ),
    ),
    "a type with the key of another": (
        "AllowOnlyApprovedOutbound",
        "{type: FQDN, fqdn: pypi.org, service_tag: Storage}",
        (
            'outbound rule "studio/rule": is of type FQDN and has service_tag (f.yaml:12:13)\n'
            "  mend: remove service_tag, or write type: ServiceTag"
        ),
    ),
    "a tag that is none": (
        "AllowOnlyApprovedOutbound",
        "{type: ServiceTag, service_tag: 10.0.0.0/8}",
        (
            'outbound rule "studio/rule": service_tag "10.0.0.0/8" is not a service tag (f.yaml:12:45)\n'
            "  mend: write one such as AzureMonitor or Storage.westeurope"
        ),
    ),
}


@pytest.mark.parametrize(("mode", "rule", "told"), ROWS.values(), ids=ROWS)
def test_tells(mode: str, rule: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        read_text(WHOLE.replace("MODE", mode).replace("RULE", rule), "f.yaml")
    services = "workspace, storage account, key vault, container registry or other service"
    assert str(refused.value) == told.replace("SERVICES", services)


def test_rules_of_every_type_are_taken_where_only_approved_ways_are_open() -> None:
    rule = "{type: PrivateEndpoint, target: store, subresource: queue}\n      tag: {type: ServiceTag, service_tag: Sql}"
    text = WHOLE.replace("MODE", "AllowOnlyApprovedOutbound").replace("RULE", rule)
    assert [rule.name for rule in read_text(text, "f.yaml").workspaces[0].outbound_rules] == ["rule", "tag"]
