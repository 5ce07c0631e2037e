"""What came out of looking up a name, in every reading of what is not known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cloister.fabric.addresses import Address
from cloister.reach.judged import Judged, answer_of


@dataclass(frozen=True, slots=True)
class Lookup:
    """The steps of a lookup and the address, if there is one.

    `mend` is set where the public address came out although a private endpoint stands for the name. `other` is another
    reading where the rules of the world can be read in several ways. `silent`: no answer came at all.
    """

    judged: tuple[Judged, ...]
    address: Address | None = None
    mend: str = ""
    other: "Lookup | None" = None
    silent: bool = False

    def after(self, *judged: Judged) -> "Lookup":
        """The same lookup with steps before it."""
        other = self.other.after(*judged) if self.other else None
        return replace(self, judged=(*judged, *self.judged), other=other)

    def readings(self) -> Iterator["Lookup"]:
        """This reading and all others, each by itself."""
        reading: Lookup | None = self
        while reading:
            yield replace(reading, other=None)
            reading = reading.other

    def ends_like(self, other: "Lookup") -> bool:
        """Whether two readings come to the same."""
        same = (self.address, self.silent) == (other.address, other.silent)
        return same and answer_of(self.judged) is answer_of(other.judged)


def unanswered(judged: Judged) -> Lookup:
    """A lookup that gets no answer."""
    return Lookup((judged,), silent=True)


def either(lookups: Iterable[Lookup], *why: Judged) -> Lookup:
    """The lookups as readings of one, each end once. `why` goes before each where there is more than one."""
    distinct: list[Lookup] = []
    for lookup in lookups:
        for reading in lookup.readings():
            if not any(reading.ends_like(known) for known in distinct):
                distinct.append(reading)
    result: Lookup | None = None
    for reading in reversed(distinct):
        told = reading.after(*why) if len(distinct) > 1 else reading
        result = replace(told, other=result)
    if result is None:
        message = "a lookup has at least one reading"
        raise ValueError(message)
    return result
