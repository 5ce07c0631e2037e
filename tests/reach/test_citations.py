"""Every behaviour that a step cites is a row of facts, and every row is cited by something."""

import re
from pathlib import Path

from cloister.facts import tables

ROOMS = Path(tables.__file__).parents[1]
CITED = re.compile(r'(?:behaviours(?:\(\))?|facts)\["([a-z-]+)"\]')
TOLD = {
    "admin-spared",
    "asg-network",
    "endpoint-filters",
    "vnet-tag",
    "express-first",
    "fixed-routes",
    "platform-addresses",
    "subnet-peering",
    "route-tags",
    "firewall-basic",
    "firewall-inheritance",
    "firewall-nat-name",
    "account-keys",
    "role-sum",
    "role-wildcard",
    "endpoint-roles",
    "endpoint-pair",
    "kubernetes-login",
    "lake-access-lists",
    "repository-permissions",
    "group-members",
    "balancer-source",
    "private-api-policy",
}
"""Rows that explain what a lowering or the evaluation of roles does, which no single step cites."""


def test_citations_and_rows_are_the_same() -> None:
    sources = [
        path.read_text(encoding="utf-8") for room in ("fabric", "reach") for path in (ROOMS / room).rglob("*.py")
    ]
    cited = {name for source in sources for name in CITED.findall(source)}
    assert cited | TOLD == set(tables.behaviours()) | set(tables.aws_behaviours())
    assert not cited & TOLD
