"""Configurations as they are written: what expressions come to, and what stays unknown, with the reason."""

from pathlib import Path
from typing import Any

import pytest

from cloister.errors import SourceError, SpecError
from cloister.sources.declared import Reference, Unknown
from cloister.sources.reading import read_sound_part, translate
from cloister.sources.terraform.hcl.reading import configuration

pytest.importorskip("hcl2", reason="python-hcl2 is not installed: pip install 'cloister[terraform]'")

MODULES = Path(__file__).parent / "modules"
HEAD = """
variable "names" { default = ["a", "b"] }
variable "secret" {}
locals {
  prefix = "ml-${var.names[0]}"
  ports  = { ssh = 22, https = 443 }
  circle = local.round
  round  = local.circle
}
resource "a_network" "net" { space = ["10.0.0.0/16"] }
resource "a_subnet" "some" {
  for_each = toset(var.names)
  name     = each.key
}
resource "a_probe" "one" { value = %s }
"""
NET, SOME_A, SOME_B = "a_network.net", 'a_subnet.some["a"]', 'a_subnet.some["b"]'
EXPRESSIONS: tuple[tuple[str, Any], ...] = (
    ("5", 5),
    ("true", True),
    ("null", None),
    ('"text"', "text"),
    ('"a \\"quoted\\" $${word}"', 'a "quoted" ${word}'),
    ('"${local.prefix}-${1 + 2 * 3}"', "ml-a-7"),
    ("[1, var.names[1]]", [1, "b"]),
    ('{ a = 1, "b" = local.ports.ssh }', {"a": 1, "b": 22}),
    ('local.ports["https"] == 443 && !false ? "yes" : "no"', "yes"),
    ("cidrsubnet(a_network.net.space[0], 8, 3)", "10.0.3.0/24"),
    ('cidrhost("10.0.0.0/24", -2)', "10.0.0.254"),
    ('[for name in var.names : upper(name) if name != "a"]', ["B"]),
    ("{ for key, port in local.ports : key => port + 1 }", {"ssh": 23, "https": 444}),
    ('join(",", keys(merge(local.ports, { dns = 53 })))', "dns,https,ssh"),
    ('format("%s-%d", "x", length(var.names))', "x-2"),
    ('lookup(local.ports, "ftp", 21)', 21),
    ("a_network.net.id", Reference(NET, "id")),
    ("a_network.net.door[0].address", Reference(NET, "door[0].address")),
    ("a_network.net", Reference(NET, "")),
    ('a_subnet.some["b"].id', Reference(SOME_B, "id")),
    ('a_subnet.some["b"].name', "b"),
    ("[for one in a_subnet.some : one.id]", [Reference(SOME_A, "id"), Reference(SOME_B, "id")]),
    ("values(a_subnet.some)[*].id", [Reference(SOME_A, "id"), Reference(SOME_B, "id")]),
    ("concat([a_network.net.id], [])", [Reference(NET, "id")]),
    ('"${a_network.net.id}/more"', Unknown("is text that is not evaluated")),
    ("var.secret", Unknown("is var.secret, which has no default")),
    ("local.circle", Unknown("refers to itself in a circle")),
    ("local.nowhere", Unknown("is local.nowhere, which nothing declares")),
    ("a_network.gone.id", Unknown("is a_network.gone, which nothing declares")),
    ('templatefile("x", {})', Unknown("is templatefile() that is not evaluated")),
    ('cidrsubnet("nonsense", 8, 3)', Unknown("is cidrsubnet() of values that it does not take")),
    ("1 / 0", Unknown("is an expression with / that has no value")),
    (
        'var.secret ? a_network.net.id : a_subnet.some["a"].id',
        Unknown(
            "is a choice by what is not told that is not evaluated",
            among=(Reference(NET, "id"), Reference(SOME_A, "id")),
        ),
    ),
    ("path.module", Unknown("is path.module, which only Terraform knows")),
)


def _declared(folder: Path, text: str) -> dict[str, Any]:
    (folder / "main.tf").write_text(text)
    found = configuration(folder)
    return {one.address: one.values for one in found.resources} | {"incomplete": found.incomplete}


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=[row[0] for row in EXPRESSIONS])
def test_an_expression_comes_to(expression: str, expected: object, tmp_path: Path) -> None:
    assert _declared(tmp_path, HEAD % expression)["a_probe.one"]["value"] == expected


def test_a_configuration_of_modules_is_read_whole() -> None:
    """What a plan leaves out, locals, dynamic blocks and computed indexes, is written here."""
    translated = translate(MODULES)
    document = translated.tree.plain()
    assert translated.missing == ()
    assert document["networks"]["spoke-a"]["dns_servers"] == ["10.0.1.4"]
    assert document["networks"]["spoke-b"]["subnets"]["compute"]["network_security_group"] == "nsg-1"
    assert document["network_security_groups"]["nsg-0"]["rules"]["ssh"]["destination"] == ["10.0.1.4"]
    assert document["private_endpoints"]["pe-blob"]["subnet"] == "spoke-b/compute"
    assert read_sound_part(MODULES).faults == ()


def test_a_plan_of_the_same_configuration_says_the_same_where_it_says_anything() -> None:
    written, planned = translate(MODULES).tree.plain(), translate(MODULES / "plan.json").tree.plain()
    for section in ("route_tables", "firewalls", "private_dns_zones", "storage_accounts"):
        assert written[section] == planned[section]


def test_what_is_repeated_over_what_is_not_told_is_read_once_and_told(tmp_path: Path) -> None:
    found = _declared(tmp_path, 'variable "n" {}\nresource "a_b" "c" {\n  count = var.n\n}\n')
    assert found == {"a_b.c": {}, "incomplete": "how often a_b.c is repeated is not told: it is read once"}


def test_a_module_from_elsewhere_is_told(tmp_path: Path) -> None:
    text = 'module "m" {\n  source = "Azure/naming/azurerm"\n}\nresource "a_b" "c" {\n  name = module.m.name\n}\n'
    why = "is an output of module.m, of which it is not told what it makes"
    assert _declared(tmp_path, text) == {
        "a_b.c": {"name": Unknown(why)},
        "incomplete": "module.m lies in Azure/naming/azurerm, which is not read",
    }


def test_what_is_no_hcl_is_refused_with_the_way_to_learn_more(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("resource {{{")
    with pytest.raises(SpecError) as refused:
        configuration(tmp_path)
    (fault,) = refused.value.faults
    assert fault.reason.startswith("is not HCL that can be read: ")
    assert fault.mend == "mend it, or plan it: cloister plan FOLDER tells what Terraform says"


def test_a_folder_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"holds no block of a \.tf file"):
        configuration(tmp_path)
