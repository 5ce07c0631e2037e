"""What is refused of firewalls, their policies and rules: each row changes a sound document and says what is told."""

import pytest

from cloister.errors import SpecError
from cloister.sources.spec import read_text

SOUND = """\
version: 1
name: small
region: westeurope
networks:
  hub: {address_space: [10.0.0.0/16], subnets: {AzureFirewallSubnet: {prefix: 10.0.0.0/26}, w: {prefix: 10.0.1.0/24}}}
firewalls:
  wall: {network: hub, private_ip: 10.0.0.4, public_ips: [20.0.0.1], policy: own}
  inner: {network: hub, private_ip: 10.0.0.5}
firewall_policies:
  base: {threat_intelligence: Deny}
  own:
    base_policy: base
    rule_collection_groups:
      g:
        priority: 100
        nat_rule_collections:
          in:
            priority: 100
            rules:
              ssh: {sources: ["*"], destination: 20.0.0.1, ports: 22, translated_address: 10.0.1.4, translated_port: 22}
        network_rule_collections:
          n: {priority: 200, action: Allow, rules: {time: {sources: ["*"], destinations: ["*"], ports: 123}}}
        application_rule_collections:
          a: {priority: 300, action: Allow, rules: {web: {source_ip_groups: [office], fqdns: [pypi.org]}}}
ip_groups:
  office: {addresses: [10.9.0.0/16]}
"""

FAULTS = {
    "a policy that is not there": (
        ("policy: own", "policy: onw"),
        'firewall "wall": policy "onw" names no firewall policy (f.yaml:7:78)\n  mend: write own',
    ),
    "a base that is not there": (
        ("base_policy: base", "base_policy: basis"),
        'firewall policy "own": base_policy "basis" names no firewall policy (f.yaml:12:18)\n  mend: write base',
    ),
    "an IP group that is not there": (
        ("source_ip_groups: [office]", "source_ip_groups: [offices]"),
        'rule "own/g/a/web": source_ip_groups "offices" names no IP group (f.yaml:24:78)\n  mend: write office',
    ),
    "a range of addresses from the end": (
        ("[10.9.0.0/16]", "[10.9.0.9-10.9.0.4]"),
        (
            'IP group "office": addresses[0] "10.9.0.9-10.9.0.4" is not a prefix, an address or a range '
            "(f.yaml:26:24)\n"
            "  mend: write 10.20.0.0/24, 10.20.0.4 or 10.20.0.4-10.20.0.9"
        ),
    ),
    "settings beside a policy": (
        ("policy: own}", "policy: own, dns_proxy: true}"),
        (
            'firewall "wall": dns_proxy stands beside policy "own", which says that (f.yaml:7:83)\n'
            "  mend: move dns_proxy into the policy, or remove policy"
        ),
    ),
    "a policy of a higher tier than its firewall": (
        ("    base_policy: base", "    sku_tier: Premium\n    base_policy: base"),
        (
            'firewall "wall": policy "own" is of the Premium tier, the firewall of Standard (f.yaml:7:3)\n'
            "  mend: write sku_tier: Premium"
        ),
    ),
    "bases in a circle": (
        ("base: {threat_intelligence: Deny}", "base: {base_policy: own}"),
        (
            'firewall policy "base": base_policy "own" leads back to the policy itself (f.yaml:10:10)\n'
            "  mend: remove one base_policy of the circle\n"
            'firewall policy "own": base_policy "base" leads back to the policy itself (f.yaml:12:5)\n'
            "  mend: remove one base_policy of the circle"
        ),
    ),
    "a policy less watchful than its base": (
        ("    base_policy: base", "    base_policy: base\n    threat_intelligence: Alert"),
        (
            'firewall policy "own": threat_intelligence Alert is weaker than Deny of its base "base" (f.yaml:13:5)\n'
            "  mend: write Deny, or leave it out; a policy may only be stricter than its base"
        ),
    ),
    "a DNAT rule for an address of somebody else": (
        ("destination: 20.0.0.1", "destination: 20.0.0.9"),
        (
            'rule "own/g/in/ssh": destination 20.0.0.9 is none of the addresses of firewall wall (f.yaml:20:37)\n'
            "  mend: write one of 20.0.0.1, 10.0.0.4, or add it to public_ips of wall"
        ),
    ),
    "a DNAT rule that leads nowhere": (
        ("translated_address: 10.0.1.4, ", ""),
        (
            'rule "own/g/in/ssh": names neither translated_address nor translated_fqdn (f.yaml:20:15)\n'
            "  mend: write one of the two"
        ),
    ),
    "a DNAT rule that leads to two": (
        ("translated_address: 10.0.1.4, ", "translated_address: 10.0.1.4, translated_fqdn: a.example, "),
        (
            'rule "own/g/in/ssh": names both translated_address and translated_fqdn (f.yaml:20:15)\n'
            "  mend: write one of the two"
        ),
    ),
    "a rule from nowhere": (
        ("web: {source_ip_groups: [office], ", "web: {"),
        'rule "own/g/a/web": names no source (f.yaml:24:53)\n  mend: add sources, or source_ip_groups',
    ),
    "an application rule for no host": (
        (", fqdns: [pypi.org]", ""),
        'rule "own/g/a/web": names no host (f.yaml:24:53)\n  mend: add fqdns, fqdn_tags or web_categories',
    ),
    "no sources in their list": (
        ('time: {sources: ["*"]', "time: {sources: []"),
        'rule "own/g/n/time": sources is empty (f.yaml:22:69)\n  mend: write at least one item',
    ),
    "inspection without the Premium tier": (
        ("fqdns: [pypi.org]", "fqdns: [pypi.org], tls_inspection: true"),
        (
            'rule "own/g/a/web": tls_inspection takes the Premium tier, and its policy is of Standard (f.yaml:24:106)\n'
            "  mend: write sku_tier: Premium, or leave tls_inspection out"
        ),
    ),
    "intrusion detection without the Premium tier": (
        ("private_ip: 10.0.0.5", "private_ip: 10.0.0.5, intrusion_detection: Deny"),
        (
            'firewall "inner": intrusion_detection takes the Premium tier, and it is of Standard (f.yaml:8:47)\n'
            "  mend: write sku_tier: Premium, or leave it out"
        ),
    ),
    "a proxy without its port": (
        (
            "ip_groups:\n",
            'machines: {near: {purpose: other, subnet: hub/w, private_ip: 10.0.1.5, proxy: "10.0.0.4"}}\nip_groups:\n',
        ),
        (
            'machine "near": proxy "10.0.0.4" is not an address and a port (f.yaml:25:79)\n'
            "  mend: write one such as 10.20.0.4:8080"
        ),
    ),
    "names of compute instances in a network rule": (
        ('destinations: ["*"], ports: 123', "destination_fqdns: ['*.instances.azureml.ms'], ports: 8787"),
        (
            'rule "own/g/n/time": destination_fqdns "*.instances.azureml.ms" has a wildcard, and a network rule '
            "resolves whole names only (f.yaml:22:76)\n"
            "  mend: name the service tag AzureMachineLearning under destinations: "
            "ports 8787 and 18881 take no application rule"
        ),
    ),
}


@pytest.mark.parametrize(("change", "told"), FAULTS.values(), ids=FAULTS)
def test_tells(change: tuple[str, str], told: str) -> None:
    before, after = change
    assert before in SOUND
    with pytest.raises(SpecError) as refused:
        read_text(SOUND.replace(before, after, 1), "f.yaml")
    assert str(refused.value) == told


def test_tells_of_a_dnat_rule_on_the_private_address_of_a_firewall_of_the_basic_tier() -> None:
    text = SOUND.replace("destination: 20.0.0.1", "destination: 10.0.0.4")
    assert read_text(text, "f.yaml").firewalls
    text = text.replace("policy: own}", "policy: own, sku_tier: Basic}").replace(
        "  own:", "  own:\n    sku_tier: Basic"
    )
    with pytest.raises(SpecError) as refused:
        read_text(text, "f.yaml")
    assert str(refused.value) == (
        'rule "own/g/in/ssh": destination 10.0.0.4 is private, and wall of the Basic tier takes none such '
        "(f.yaml:21:37)\n"
        "  mend: write sku_tier: Standard on wall, or name a public address"
    )


def test_the_document_that_all_rows_change_is_sound() -> None:
    inventory = read_text(SOUND, "f.yaml")
    wall, inner = inventory.firewalls
    assert [policy.name for policy in inventory.policies_of(wall)] == ["base", "own"]
    assert [policy.name for policy in inventory.policies_of(inner)] == ["inner"]
