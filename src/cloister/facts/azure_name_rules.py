"""What Azure takes as a name, for resources whose names are unique in the whole cloud or otherwise narrow.

Source: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules, read 2026-11-22.
"""

from typing import NamedTuple


class NameRule(NamedTuple):
    """The rule as a pattern of the whole name and in words, and whether the name must be free in the whole cloud."""

    pattern: str
    words: str
    unique: bool


NAME_RULES = {
    "storage account": NameRule(r"[a-z0-9]{3,24}", "3 to 24 small letters and digits", unique=True),
    "key vault": NameRule(
        r"(?=.{3,24}$)[A-Za-z](-?[A-Za-z0-9])+",
        "3 to 24 letters, digits and single hyphens, a letter first",
        unique=True,
    ),
    "container registry": NameRule(r"[A-Za-z0-9]{5,50}", "5 to 50 letters and digits", unique=True),
    "data factory": NameRule(
        r"(?=.{3,63}$)[A-Za-z0-9](-?[A-Za-z0-9])+", "3 to 63 letters, digits and single hyphens", unique=True
    ),
    "workspace": NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}", "3 to 33 letters, digits, hyphens and underscores", unique=False
    ),
}
