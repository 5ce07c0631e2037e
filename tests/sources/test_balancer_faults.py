"""What the reader refuses of load balancers: each row a change of a sound document, and what is told."""

import pytest

from cloister.errors import SpecError
from cloister.sources.spec import read_text

SOUND = """\
version: 1
name: balancers
region: westeurope
networks:
  one: {address_space: [10.0.0.0/16], subnets: {a: {prefix: 10.0.1.0/24}}}
  two: {address_space: [10.1.0.0/16], subnets: {b: {prefix: 10.1.1.0/24}}}
on_premises: {office: {address_space: [192.168.0.0/16], dns_server: 192.168.0.53}}
public_ips: {lb: {}, old: {sku: Basic}}
route_tables: {t: {routes: {all: {prefix: 0.0.0.0/0, next_hop_type: VirtualAppliance, next_hop: 10.0.1.100}}}}
machines:
  near: {purpose: other, subnet: one/a, private_ip: 10.0.1.4}
  far: {purpose: other, subnet: two/b, private_ip: 10.1.1.4}
  desk: {purpose: client, subnet: office, private_ip: 192.168.0.9}
load_balancers:
  ha: {backends: [near], frontends: {in: {subnet: one/a, private_ip: 10.0.1.100, rules: {all: {protocol: All}}}}}
  edge:
    backends: [near]
    frontends:
      out:
        public_ip: lb
        rules: {web: {frontend_port: 443, disable_outbound_snat: true}, more: {protocol: Udp, frontend_port: 443}}
        outbound_rules: {}
"""
HA = "  ha: {backends: [near], "
IN = "in: {subnet: one/a, private_ip: 10.0.1.100, "
EDGE = SOUND[SOUND.index("  edge:") :]
WEB = "web: {frontend_port: 443, disable_outbound_snat: true}"

ROWS: dict[str, tuple[tuple[str, str], str]] = {
    "a machine that is nowhere": (
        ("  ha: {backends: [near]", "  ha: {backends: [nears]"),
        'load balancer "ha": backends "nears" names no machine (f.yaml:15:19)\n  mend: write near',
    ),
    "a machine of another network": (
        ("  ha: {backends: [near]", "  ha: {backends: [near, far]"),
        (
            'load balancer "ha": machine far stands in network two, and the load balancer serves one (f.yaml:15:8)\n'
            "  mend: name machines in one virtual network"
        ),
    ),
    "a machine on a site": (
        ("  ha: {backends: [near]", "  ha: {backends: [near, desk]"),
        (
            'load balancer "ha": machine desk stands in no subnet of the environment (f.yaml:15:8)\n'
            "  mend: name machines in one virtual network"
        ),
    ),
    "a subnet that is nowhere": (
        (IN, IN.replace("one/a", "one/x")),
        'frontend "ha/in": subnet "one/x" names no subnet (f.yaml:15:51)\n  mend: write one/a',
    ),
    "an address outside of its subnet": (
        ("private_ip: 10.0.1.100, rules", "private_ip: 10.0.2.100, rules"),
        (
            'route "t/all": 0.0.0.0/0 points to 10.0.1.100, but no firewall, machine or load balancer has that '
            "address (f.yaml:9:87)\n  mend: set next_hop to the firewall's private_ip, or remove the route\n"
            'frontend "ha/in": private_ip 10.0.2.100 lies outside of subnet "one/a" (10.0.1.0/24) (f.yaml:15:58)\n'
            "  mend: choose an address inside"
        ),
    ),
    "an address that a machine has": (
        ("subnet: one/a, private_ip: 10.0.1.4}", "subnet: one/a, private_ip: 10.0.1.100}"),
        (
            'frontend "ha/in": private_ip 10.0.1.100 is held by machine "near" already (f.yaml:15:58)\n'
            "  mend: choose another address"
        ),
    ),
    "a frontend that is nowhere": (
        ("        public_ip: lb\n", ""),
        (
            'frontend "edge/out": is neither inside nor public (f.yaml:20:9)\n'
            "  mend: write subnet and private_ip, or public_ip"
        ),
    ),
    "a frontend that is inside and public": (
        ("public_ip: lb\n", "public_ip: lb\n        subnet: one/a\n"),
        ('frontend "edge/out": is inside and public (f.yaml:20:9)\n  mend: write subnet and private_ip, or public_ip'),
    ),
    "an address of another kind": (
        ("public_ip: lb", "public_ip: old"),
        (
            'frontend "edge/out": public address old is Basic, and the load balancer is Standard (f.yaml:20:9)\n'
            "  mend: give both the same sku"
        ),
    ),
    "HA ports with a port": (
        ("protocol: All}", "protocol: All, frontend_port: 80}"),
        (
            'rule "ha/in/all": protocol All stands for HA ports, and a port is stated beside it (f.yaml:15:96)\n'
            "  mend: remove the port, or write Tcp or Udp"
        ),
    ),
    "a rule without its port": (
        (WEB, "web: {disable_outbound_snat: true}"),
        (
            'rule "edge/out/web": protocol Tcp needs a port, and frontend_port states none (f.yaml:21:17)\n'
            "  mend: add frontend_port, or write protocol: All for HA ports"
        ),
    ),
    "HA ports of a Basic balancer": (
        (HA, f"{HA}sku: Basic, "),
        ('rule "ha/in/all": a Basic load balancer has no HA ports (f.yaml:15:108)\n  mend: write sku: Standard'),
    ),
    "HA ports at a public frontend": (
        (WEB, "web: {protocol: All, disable_outbound_snat: true}"),
        (
            'rule "edge/out/web": HA ports are for frontends inside, and this one is public (f.yaml:21:23)\n'
            "  mend: write a rule for each port"
        ),
    ),
    "two rules for one port": (
        ("protocol: Udp, ", ""),
        (
            'rule "edge/out/more": Tcp 443 is that of rule "web" already (f.yaml:21:80)\n'
            "  mend: choose another frontend_port"
        ),
    ),
    "outbound rules of a Basic balancer": (
        (
            EDGE,
            "  edge: {sku: Basic, backends: [near], frontends: {out: {public_ip: old, outbound_rules: {all: {}}}}}\n",
        ),
        (
            'outbound rule "edge/out/all": a Basic load balancer has no outbound rules (f.yaml:16:91)\n'
            "  mend: write sku: Standard"
        ),
    ),
    "outbound rules of an address that is lent already": (
        ("outbound_rules: {}", "outbound_rules: {all: {}}"),
        (
            'outbound rule "edge/out/all": rule "more" of the same frontend lends the address out already '
            "(f.yaml:22:26)\n  mend: set disable_outbound_snat: true on rule more"
        ),
    ),
    "outbound rules inside": (
        ("rules: {all: {protocol: All}}", "outbound_rules: {all: {}}"),
        ('outbound rule "ha/in/all": stands at a frontend inside (f.yaml:15:99)\n  mend: move it to a public frontend'),
    ),
}


def test_the_document_that_all_rows_change_is_sound() -> None:
    assert [one.name for one in read_text(SOUND, "f.yaml").load_balancers] == ["ha", "edge"]


@pytest.mark.parametrize("says", ROWS)
def test_tells_what_is_wrong(says: str) -> None:
    change, expected = ROWS[says]
    changed = SOUND.replace(*change)
    assert changed != SOUND, "the row changes nothing"
    with pytest.raises(SpecError) as raised:
        read_text(changed, "f.yaml")
    assert str(raised.value) == expected
