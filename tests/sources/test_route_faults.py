"""What the reader refuses of routes and peerings: each row a change of a sound document, and what is told."""

import pytest

from cloister.errors import SpecError
from cloister.sources.spec import read_text

SOUND = """\
version: 1
name: routes
region: westeurope
networks:
  one:
    address_space: [10.0.0.0/16]
    subnets:
      a: {prefix: 10.0.1.0/24}
      GatewaySubnet: {prefix: 10.0.0.0/27, route_table: back}
    peerings: {two: {peer_complete_virtual_networks_enabled: false, local_subnet_names: [a], remote_subnet_names: [b]}}
  two:
    address_space: [10.1.0.0/16]
    subnets: {b: {prefix: 10.1.1.0/24}}
    peerings: {one: {peer_complete_virtual_networks_enabled: false, local_subnet_names: [b], remote_subnet_names: [a]}}
gateways: {vpn: {network: one, kind: Vpn}}
route_tables:
  back: {routes: {two: {prefix: 10.1.0.0/16, next_hop_type: None}}}
  tags: {routes: {%s}}
"""
TAGS = ", ".join(f"t{n}: {{prefix: Storage.r{n}, next_hop_type: Internet}}" for n in range(25))
MORE = f"{TAGS}, t25: {{prefix: Storage.r25, next_hop_type: Internet}}"
JOINS = 'peering "one/two": '

ROWS: dict[str, tuple[tuple[str, str], str]] = {
    "a subnet of a peering that is nowhere": (
        ("local_subnet_names: [a]", "local_subnet_names: [x]"),
        f"{JOINS}local_subnet_names: one has no subnet x (f.yaml:10:69)\n  mend: correct its name",
    ),
    "a list beside a whole peering": (
        ("two: {peer_complete_virtual_networks_enabled: false", "two: {peer_complete_virtual_networks_enabled: true"),
        (
            f"{JOINS}local_subnet_names is stated, and the peering joins the networks whole (f.yaml:10:68)\n"
            "  mend: set peer_complete_virtual_networks_enabled: false, or remove the list\n"
            f"{JOINS}remote_subnet_names is stated, and the peering joins the networks whole (f.yaml:10:93)\n"
            "  mend: set peer_complete_virtual_networks_enabled: false, or remove the list"
        ),
    ),
    "a peering of no subnets": (
        ("local_subnet_names: [a], ", ""),
        (
            f"{JOINS}joins listed subnets only, and local_subnet_names lists none (f.yaml:10:16)\n"
            "  mend: list the subnets of one that it joins"
        ),
    ),
    "a default route at a VPN gateway": (
        ("two: {prefix: 10.1.0.0/16", "two: {prefix: 0.0.0.0/0"),
        (
            'subnet "one/GatewaySubnet": route back/two is for 0.0.0.0/0, which Azure does not allow at a VPN gateway '
            "(f.yaml:17:25)\n  mend: write the prefixes of the networks that the firewall is to see"
        ),
    ),
    "a gateway without its own routes": (
        ("back: {routes", "back: {bgp_route_propagation: false, routes"),
        (
            'subnet "one/GatewaySubnet": route table back keeps the gateway\'s own routes out, so the gateway does not '
            "work (f.yaml:17:10)\n  mend: give GatewaySubnet a route table of its own with propagation on"
        ),
    ),
    "too many routes for tags": (
        (TAGS, MORE),
        (
            'route table "tags": has 26 routes for service tags, and Azure takes 25 (f.yaml:18:1324)\n'
            "  mend: write prefixes, or a wider tag"
        ),
    ),
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("a: {prefix: 10.0.1.0/24}", "a: {prefix: 10.0.1.0/24, nat_gateway: gone}"),
            (
                'subnet "one/a": nat_gateway "gone" names no NAT gateway (f.yaml:8:45)\n'
                "  mend: declare it under nat_gateways"
            ),
        ),
        (
            ("a: {prefix: 10.0.1.0/24}", "a: {prefix: 10.0.1.0/24, nat_gateway: 5}"),
            (
                'subnet "one/a": nat_gateway 5 is not true, false or a name (f.yaml:8:45)\n'
                "  mend: write true, or the name of one that is declared"
            ),
        ),
        (
            ("    address_space: [10.1.0.0/16]", "    api_version: yesterday\n    address_space: [10.1.0.0/16]"),
            (
                'network "two": api_version "yesterday" is not an API version or a day (f.yaml:12:18)\n'
                "  mend: write one such as 2025-07-01"
            ),
        ),
    ],
    ids=["a NAT gateway that is nowhere", "a NAT gateway that is a number", "a version that is none"],
)
def test_tells_of_ways_out(change: tuple[str, str], expected: str) -> None:
    with pytest.raises(SpecError) as raised:
        read_text((SOUND % TAGS).replace(*change), "f.yaml")
    assert str(raised.value) == expected


def test_the_document_that_all_rows_change_is_sound() -> None:
    assert read_text(SOUND % TAGS, "f.yaml").name == "routes"


@pytest.mark.parametrize(("change", "expected"), ROWS.values(), ids=ROWS)
def test_tells(change: tuple[str, str], expected: str) -> None:
    text = SOUND % TAGS
    assert text.count(change[0]) == 1
    with pytest.raises(SpecError) as raised:
        read_text(text.replace(*change), "f.yaml")
    assert str(raised.value) == expected


def test_a_default_route_at_an_expressroute_gateway_is_taken() -> None:
    text = (
        (SOUND % TAGS).replace("kind: Vpn", "kind: ExpressRoute").replace("prefix: 10.1.0.0/16,", "prefix: 0.0.0.0/0,")
    )
    assert read_text(text, "f.yaml").gateways[0].kind == "ExpressRoute"
