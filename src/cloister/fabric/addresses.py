"""Where a packet comes from or goes to, and what a rule says about it: yes, no, or not to be told.

An address is known exactly (10.20.0.4), known to lie in a set (some machine of a subnet), or known only to be public.
A rule that covers part of such a set neither matches nor fails to: it is undecided, and whoever asks has to look at
both outcomes. Memberships of published address groups (labels) are known for some names only, and treated alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from cloister.fabric.sets import AddressSet

NOWHERE = AddressSet()


@dataclass(frozen=True, slots=True)
class Address:
    """One address somewhere within `within`.

    `labels` are the published address groups that are known to hold it, in lower case; `doubtful_labels` may hold it,
    `absent_labels` (and their parts, written `group.part`) surely do not, and with `labels_complete` no other does.
    `name` is the host name that led to it, or what people call the set.
    """

    within: AddressSet
    name: str = ""
    labels: frozenset[str] = frozenset()
    doubtful_labels: frozenset[str] = frozenset()
    absent_labels: frozenset[str] = frozenset()
    labels_complete: bool = False

    @classmethod
    def exactly(cls, address: IPv4Address, name: str = "") -> "Address":
        """The one address."""
        return cls(AddressSet.of(address), name=name)

    @property
    def single(self) -> IPv4Address | None:
        """The address itself, where it is known."""
        return self.within.single

    def surely_outside(self, label: str) -> bool:
        """Whether the published address group of that label is known not to hold the address."""
        return self.labels_complete or bool(self.absent_labels & {label, label.partition(".")[0]})

    def __str__(self) -> str:
        if self.single is not None:
            return str(self.single)
        return self.name or str(self.within)


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """What a rule says of addresses: `sure` are meant in every reading, `possible` in at least one.

    `labels` name published address groups whose members are public; `doubtful_labels` those that may be meant.
    `members` are the addresses of all these groups, where `publication`, the publisher's own list, is at hand.
    """

    text: str
    sure: AddressSet = NOWHERE
    possible: AddressSet = NOWHERE
    labels: frozenset[str] = frozenset()
    doubtful_labels: frozenset[str] = frozenset()
    members: AddressSet | None = None
    publication: str = ""

    @classmethod
    def of(cls, text: str, addresses: AddressSet) -> "AddressMatch":
        """A match that leaves no doubt which addresses are meant."""
        return cls(text, addresses, addresses)

    @property
    def only(self) -> IPv4Address | None:
        """The address that is meant and nothing else, where that is certain."""
        named = self.labels or self.doubtful_labels
        return self.sure.single if self.sure == self.possible and not named else None

    def known_by(self, members: AddressSet, publication: str) -> "AddressMatch":
        """The same with the members of its groups, as a publication lists them."""
        return replace(self, members=members, publication=publication)

    def holds(self, address: Address, public: AddressSet) -> bool | None:
        """Whether the address is meant; None where that cannot be told. `public` is the public address space."""
        if not self.labels and not self.doubtful_labels:  # most matches, and this is asked more often than anything
            return self._by_address(address)
        return any_of((self._by_address(address), self._by_label(address, public)))

    def _by_address(self, address: Address) -> bool | None:
        if address.within <= self.sure:
            return True
        return False if address.within.isdisjoint(self.possible) else None

    def _by_label(self, address: Address, public: AddressSet) -> bool | None:
        """Whether one of the groups holds the address: by what is known of the address, or by the published list."""
        if self.labels & address.labels:
            return True
        if self.members is not None and address.within <= self.members:
            return None if self.doubtful_labels else True
        if self.members is not None and address.within.isdisjoint(self.members):
            return False
        named = self.labels | self.doubtful_labels
        if self.doubtful_labels & address.labels or named & address.doubtful_labels:
            return None
        hidden = any(not address.surely_outside(label) for label in named)
        return None if hidden and not address.within.isdisjoint(public) else False


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued `any`: yes beats doubt, doubt beats no."""
    seen = set(answers)
    return True if True in seen else None if None in seen else False


def all_of(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued `all`: no beats doubt, doubt beats yes."""
    seen = set(answers)
    return False if False in seen else None if None in seen else True
