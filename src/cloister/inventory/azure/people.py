"""People and their roles on the platform."""

from dataclasses import dataclass

from cloister.origin import Origin

PLATFORM_ROLES = ("admin", "reader", "member", "approver")
"""The roles that a group of people can have on the platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People with one platform role (admin, reader, member, approver); `members` are user names."""

    name: str
    role: str
    members: tuple[str, ...] = ()
    origin: Origin
