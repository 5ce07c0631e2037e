"""What of one kind of resource may be seen, as patterns that a list can be asked for.

Patterns are about the name below the kind, as policies write it: `churn*` where a policy says `experiment/churn*`.
The patterns never leave out what may be seen. `exact` says that they let nothing else through either; where they are
not exact (NotResource, a condition on the resource itself), each row has to be decided on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cloister.access.globs import Patterns, names


@dataclass(frozen=True, slots=True)
class Visible:
    """Names that match one of `allow` and none of `deny`."""

    allow: tuple[str, ...]
    deny: tuple[str, ...]
    exact: bool
    _allowed: Patterns = field(init=False, repr=False, compare=False)
    _denied: Patterns = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_allowed", names(self.allow))
        object.__setattr__(self, "_denied", names(self.deny))

    @property
    def is_nothing(self) -> bool:
        """Whether there is surely nothing to see."""
        return not self.allow or "*" in self.deny

    @property
    def is_everything(self) -> bool:
        """Whether everything that there will ever be may be seen."""
        return self.exact and "*" in self.allow and not self.deny

    def shows(self, name: str) -> bool:
        """Whether the patterns let a name through."""
        return bool(self.allow and self._allowed.matches(name)) and not (self.deny and self._denied.matches(name))


def both(one: Visible, other: Visible) -> Visible:
    """What both let through. The patterns of one are given up where neither lets everything through, so not exactly."""
    if other.is_everything or one.is_nothing:
        return one
    if one.is_everything or other.is_nothing:
        return other
    allow = other.allow if "*" in one.allow else one.allow
    return Visible(allow, tuple(dict.fromkeys((*one.deny, *other.deny))), exact=False)


def below(kind: str, texts: Iterable[str]) -> tuple[str, ...]:
    """What patterns of resources say of the names below a kind: `*/a` says `*/a` and `a` of `experiment`."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(_rests(text, f"{kind}/")))
    return ("*",) if "*" in found else tuple(found)


def _rests(pattern: str, beginning: str) -> Iterator[str]:
    """Every rest of the pattern after it has matched the beginning."""
    positions = _past_stars(pattern, {0})
    for letter in beginning:
        taken = {place if pattern[place] == "*" else place + 1 for place in positions if _takes(pattern, place, letter)}
        positions = _past_stars(pattern, taken)
    # A star takes whatever the rests behind it take.
    return (pattern[place:] for place in sorted(positions) if place - 1 not in positions or pattern[place - 1] != "*")


def _takes(pattern: str, place: int, letter: str) -> bool:
    return place < len(pattern) and pattern[place] in ("*", "?", letter)


def _past_stars(pattern: str, places: set[int]) -> set[int]:
    """The places, and those behind stars, which may stand for nothing."""
    found = set(places)
    for place in sorted(places):
        while place < len(pattern) and pattern[place] == "*":
            place += 1  # noqa: PLW2901
            found.add(place)
    return found
