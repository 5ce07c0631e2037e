"""The page of what is modelled, approximated, read in two ways, and not modelled, written from the tables of facts.

`python -m cloister.ask.modelled > docs/what-is-modelled.md`; a test fails when the page is stale, when a kind of
resource of the inventory stands in no row, or when a behaviour that traces cite does.
"""

from collections.abc import Iterator

from cloister.facts.modelled import Modelled, modelled
from cloister.facts.tables import aws_behaviours, behaviours

_HEAD = """# What is modelled, what is approximated, what is not

Written from the tables in `src/cloister/facts/` by `python -m cloister.ask.modelled > docs/what-is-modelled.md`; a test
fails when it is stale.

`cloister ask "compute -> workspace:443"` follows one flow through the environment as it would travel: the name lookup,
the filters where it leaves, each route, each firewall, the filters and the endpoint where it arrives, and the way back.
Every step names the rule that decided and the line in which it is written, or the published source of a built-in rule
(`--format json` shows it). Where the input or the model does not know, the answer is UNKNOWN with the missing fact.

`cloister ask "user:ada at jump-host: read data from lake"` asks for the right, too: [who may do what](who-may-what.md).

A question is `PLACE -> TARGET:PORT`, with `/udp` where it is not TCP, or `PLACE -> TARGET/icmp` where there
are no ports. Exit codes: 0 ALLOW, 10 DENY, 11 UNKNOWN, 2 for a question or a file that cannot be understood.
"""
_PARTS = (
    ("modelled", "Modelled", ""),
    (
        "two readings",
        "Where sources can be read two ways",
        "Both readings are followed; where they end differently the answer is UNKNOWN and says so.",
    ),
    ("approximated", "Approximated", ""),
    ("not modelled", "Not modelled yet", ""),
)


def page() -> str:
    """The whole page as Markdown."""
    lines = [_HEAD]
    for status, title, said in _PARTS:
        lines += [f"## {title}\n", *([f"{said}\n"] if said else []), *_table(status), ""]
    for cloud, rows in (("in Azure", behaviours()), ("in AWS", aws_behaviours())):
        lines += [f"## Sources of what traces cite {cloud}\n", "| name | what the cloud does | source | read |"]
        lines += ["|---|---|---|---|"]
        lines += [*(f"| {row.name} | {row.text} | {row.source} | {row.read} |" for row in rows.values()), ""]
    return "\n".join(lines[:-1]) + "\n"


def _table(status: str) -> Iterator[str]:
    yield "| part | what |\n|---|---|"
    yield from (_row(row) for row in modelled() if row.status == status)


def _row(row: Modelled) -> str:
    cited = f" ({', '.join(row.behaviours.split())})" if row.behaviours else ""
    return f"| {row.part} | {row.what}{cited} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what the command is for
