"""Resource groups: the subscription that holds them, the lock on them, and what a policy forbids inside."""

from dataclasses import dataclass
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceGroup:
    """A resource group, as far as it is described; networks name theirs.

    `subscription` is the name of one, where there are several. `lock` holds for everything in the group, and
    `denied_types` are types of resources, such as Microsoft.Network/networkSecurityGroups, that a policy refuses there.
    """

    name: str
    subscription: str | None = None
    lock: Literal["CanNotDelete", "ReadOnly"] | None = None
    denied_types: tuple[str, ...] = ()
    origin: Origin
