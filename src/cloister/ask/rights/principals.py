"""The principals of an environment: each with the groups that hold it, and the identities that it acts as."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from cloister.errors import Fault, SpecError
from cloister.inventory.azure import Inventory
from cloister.inventory.azure.identities import NONE, acting_at, identities, places

IDENTITY = "identity:"
_ORDER = ("user", "group", "sp", "identity")
_FORMS = "user:NAME, group:NAME, sp:NAME or identity:NAME"


@dataclass(frozen=True, slots=True)
class Who:
    """A principal. `holders` is itself, the shared identities that it carries, and every group that holds one of these.

    `platform_groups` are its groups on the platform itself; `carriers` the places where code acts as it.
    """

    words: str
    holders: tuple[str, ...]
    platform_groups: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()

    @property
    def is_person(self) -> bool:
        """Whether people stand behind it, who can have an account on the platform."""
        return self.words.startswith(("user:", "group:"))


def find_principal(inventory: Inventory, words: str) -> Who:
    """The principal that the words mean. Raises SpecError where they mean none."""
    known = _all_words(inventory)
    if words in known:
        return _who(inventory, words, places(inventory))
    raise SpecError(_unknown(words, known))


def all_principals(inventory: Inventory) -> Iterator[Who]:
    """Every principal: users, groups, service principals, identities, each kind by name."""
    carried_at = places(inventory)
    for words in sorted(_all_words(inventory), key=lambda one: (_ORDER.index(one.partition(":")[0]), one)):
        yield _who(inventory, words, carried_at)


def identity_of(inventory: Inventory, resource: str) -> Who | None:
    """The identity that code at a place acts as, if there is one."""
    owner = acting_at(inventory, resource)
    return _who(inventory, f"{IDENTITY}{owner}", places(inventory)) if owner else None


def own_identity(inventory: Inventory, resource: str) -> Who | None:
    """The identity of a resource, if it has one."""
    words = f"{IDENTITY}{resource}"
    return _who(inventory, words, places(inventory)) if identities(inventory).get(resource, NONE) != NONE else None


def _all_words(inventory: Inventory) -> dict[str, None]:
    words = [one.words for one in inventory.principals]
    words += [f"group:{group.name}" for group in inventory.groups]
    words += [f"user:{member}" for group in inventory.groups for member in group.members]
    words += [f"{IDENTITY}{name}" for name, kind in identities(inventory).items() if kind != NONE]
    return dict.fromkeys(words)


def _who(inventory: Inventory, words: str, carried_at: Mapping[str, tuple[str, ...]]) -> Who:
    name = words.removeprefix(IDENTITY)
    carried: list[str] = []
    carriers: tuple[str, ...] = ()
    if words.startswith(IDENTITY):
        shared = next((one for one in inventory.principals if one.words == words), None)
        owners = shared.used_by if shared else (name,)
        carriers = tuple(place for owner in owners for place in carried_at.get(owner, ()))
        carried = [] if shared else [one.words for one in inventory.principals if name in one.used_by]
    mine = (words, *carried)
    name = words.partition(":")[2]
    platform = (
        (name,)
        if words.startswith("group:") and name in {group.name for group in inventory.groups}
        else tuple(group.name for group in inventory.groups if words.startswith("user:") and name in group.members)
    )
    return Who(words, (*mine, *_groups_above(inventory, mine)), platform, carriers)


def _groups_above(inventory: Inventory, words: Iterable[str]) -> tuple[str, ...]:
    """Every group that holds one of the principals, itself or through other groups, nearest first."""
    members = {one.words: one.members for one in inventory.principals if one.members}
    for group in inventory.groups:
        users = tuple(f"user:{member}" for member in group.members)
        members[f"group:{group.name}"] = (*members.get(f"group:{group.name}", ()), *users)
    reached = dict.fromkeys(words)
    queue = list(reached)
    for one in queue:  # grows while it is read; each principal enters once, so circles end
        above = [group for group, held in members.items() if one in held and group not in reached]
        reached |= dict.fromkeys(above)
        queue += above
    return tuple(reached)[len(tuple(dict.fromkeys(words))) :]


def _unknown(words: str, known: Iterable[str]) -> Fault:
    thing = f'principal "{words}"'
    kind, colon, name = words.partition(":")
    if not colon or kind not in _ORDER:
        likely = sorted(one for one in known if one.partition(":")[2] == words)
        return Fault(thing, "does not say what kind of principal it is", f"write {' or '.join(likely) or _FORMS}")
    near = get_close_matches(name, sorted(one.partition(":")[2] for one in known if one.startswith(f"{kind}:")), n=3)
    mend = f"did you mean {' or '.join(f'{kind}:{one}' for one in near)}?" if near else "declare it under principals"
    return Fault(thing, "is not in the environment", mend)
