"""What an export leaves out is missing: a list of resources has no zone groups, no rules of policies, no records."""

from cloister.facts.arm_unlisted import Unlisted, unlisted
from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.resource import Resource

_NOWHERE = "-"


def miss_unlisted(estate: Estate) -> None:
    """Mark what hangs on parts that a list of resources leaves out as missing, where the export has none of them."""
    for row in unlisted():
        for one in estate.of(row.type):
            if not any(estate.children(one, row.part)) and not _has_none(one, row):
                _miss(estate, one, row)


def _has_none(one: Resource, row: Unlisted) -> bool:
    """Whether the resource itself says that it has no such part."""
    prop, _, value = row.unless.partition("=")
    return row.unless != _NOWHERE and str(one.get(prop)) == value


def _miss(estate: Estate, one: Resource, row: Unlisted) -> None:
    short = row.part.rpartition("/")[2]
    what = f"is not in the export: lists of resources leave {short} out; add what `{row.printed}` prints"
    if row.attributes == _NOWHERE:
        estate.tell(one, short, f"has no {short} in the export: lists of resources leave them out", _unseen(row))
    for attribute in row.attributes.split() if row.attributes != _NOWHERE else ():
        estate.miss(one, attribute, what, short)


def _unseen(row: Unlisted) -> str:
    return f"those that stand are not judged; add what `{row.printed}` prints"
