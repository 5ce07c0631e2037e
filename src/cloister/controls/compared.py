"""The page of what other checkers ask and what answers it: `python -m cloister.controls.compared > docs/compared.md`.

Written from a table of their checks and the aliases of the controls; a test fails when the page is stale.
"""

from collections.abc import Iterator

from cloister.controls.answering import answering
from cloister.controls.catalogue import catalogue
from cloister.controls.control import Entry
from cloister.controls.guidance import linked
from cloister.facts.other_checkers import OtherCheck, other_checks

_HEAD = """# Checkov and PSRule, check by check

Written from `src/cloister/facts/other_checkers.tsv` and the aliases of the controls by
`python -m cloister.controls.compared > docs/compared.md`; a test fails when it is stale. Listed are the checks of the
two for Azure on machine learning, networks, storage, key vaults and registries, and no others: Checkov's of azurerm,
and PSRule's of each resource. A check counts as answered where a control of ours makes its claim, or a stronger one;
where the owner has to decide whether it has to be so, the control asks for that.
"""
_BEYOND = """## What a checker of attributes cannot say

The blueprint `azure-hub-spoke`, rendered as Terraform and planned (176 resources, Terraform 1.11.4), on 2026-11-25:

    checkov -f plan.json --framework terraform_plan --quiet --compact
    cloister check plan.json

Checkov 3.3.30 passes 294 checks and fails 23, each at one resource: storage with Microsoft's keys and without
replication, the registry's zones and trust policy, networks with one name server, machines with extensions. It names no
way.

Cloister says of the same file that 357 of 369 intents of closure and 64 of 73 of work are met. Among those missed:

- the internet reaches `insights:443`: public network access is on, and no rule limits the callers, at
  `azurerm_application_insights.insights.internet_ingestion_enabled`, which the file does not set and Azure turns on;
- data can leave by `notebook > ml/compute > firewall > hub/AzureFirewallSubnet > huggingface.co:443`, by the rule
  `application_rule_collection[2].rule[0]` of the firewall's policy, and nobody approved that destination. A plan cannot
  state approvals; a `cloister.yaml` laid over it does;
- computes do not reach `github.com:443`, as no rule of the firewall allows it.

Four of the 23 are no fault when resources are read together: it fails the firewall for its threat
list (CKV_AZURE_216), which the firewall's policy sets to deny (AZ273 passes), and three networks for one name server
(CKV_AZURE_182), which is that firewall and not a single machine (AZ271 passes).

The other way round, some of the 23 no control of ours tells: those with a reason below, and two of a data factory
(CKV_AZURE_103, CKV2_AZURE_15), whose checks are not in this table. Of Cloister's controls 68 pass, 10 fail, 20 are
undecided and 55 wait for a person's statement; 44 do not apply.
"""


def page() -> str:
    """The whole page as Markdown."""
    lines = [_HEAD, "| tool | about | checks | answered | not |\n|---|---|---|---|---|", *_counts(), "", _BEYOND]
    for tool in dict.fromkeys(check.tool for check in other_checks()):
        rows = [check for check in other_checks() if check.tool == tool]
        lines += [f"## {tool}\n\nFrom {rows[0].source}, read {rows[0].read}.\n"]
        lines += ["| check | about | answered by |\n|---|---|---|", *map(_row, rows), ""]
    return "\n".join(lines[:-1]) + "\n"


def answers(check: OtherCheck) -> tuple[Entry, ...]:
    """The controls that answer a check: by their aliases, and by the table."""
    named = set(check.answered.split())
    return (*answering(check.id), *(entry for entry in catalogue() if entry.control.id in named))


def _counts() -> Iterator[str]:
    for tool, family in dict.fromkeys((check.tool, check.family) for check in other_checks()):
        yield _count(tool, family, [check for check in other_checks() if (check.tool, check.family) == (tool, family)])
    for tool in dict.fromkeys(check.tool for check in other_checks()):
        yield _count(f"**{tool}**", "all", [check for check in other_checks() if check.tool == tool])


def _count(tool: str, family: str, checks: list[OtherCheck]) -> str:
    answered = sum(bool(answers(check)) for check in checks)
    return f"| {tool} | {family} | {len(checks)} | {answered} | {len(checks) - answered} |"


def _row(check: OtherCheck) -> str:
    by = ", ".join(f"{linked(entry)} {entry.control.title}" for entry in answers(check))
    return f"| {check.id} | {check.family} | {by or f'not: {check.why_not}'} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what the command is for
