"""What people state about an environment beside its document: attestations, and waivers of what was found.

An attestation says that what no input tells is true. A waiver says that what was found is known, and accepted for a
time. Both name a person and a last day; neither counts after it.
"""

from dataclasses import dataclass
from datetime import date

from cloister.origin import Origin

Spot = tuple[str, int, int, str]
"""A place without what else an origin knows: file, line, column and address."""


def spot(origin: Origin) -> Spot:
    """The place that an origin means."""
    return origin.file, origin.line, origin.column, origin.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A person's statement that a control's claim is true, the last day on which it counts, and what shows it."""

    control: str
    statement: str
    owner: str
    until: date
    evidence: str = ""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """What somebody accepts until a day: what a control finds, or that an intent is not met.

    One of `control` and `intent` is stated. `resource` is a name, or a pattern in which `*` stands for any letters; a
    waiver that stands in the document itself has `places` instead: all of the part that it stands on.
    """

    control: str = ""
    intent: str = ""
    resource: str = ""
    places: frozenset[Spot] = frozenset()
    reason: str
    owner: str
    until: date
    origin: Origin

    @property
    def subject(self) -> str:
        """What is waived, as a person writes it."""
        what = self.control or f'intent "{self.intent}"'
        return f"{what} on {self.resource}" if self.resource else what


@dataclass(frozen=True, slots=True)
class Statements:
    """All that is stated. `file` is the one that has a section of attestations, empty where none has."""

    attestations: tuple[Attestation, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    file: str = ""
