"""What is found while a job is read: faults, told all together, and notes for the job's record."""

from collections.abc import Iterable

from cloister.errors import Fault, SpecError
from cloister.jobs.reading.known_keys import key_faults, key_notes
from cloister.jobs.reading.positions import Part
from cloister.origin import Origin


class Findings:
    """The faults and the notes of one job."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}
        self._notes: dict[str, None] = {}
        self._missing: dict[Fault, None] = {}

    def refuse(self, thing: str, reason: str, mend: str, origin: Origin) -> None:
        """Add a fault; the same one is told once, however many steps share its component."""
        self._faults.setdefault(Fault(thing, reason, mend, origin))

    def add(self, faults: Iterable[Fault]) -> None:
        """Add faults that others found."""
        self._faults.update(dict.fromkeys(faults))

    def miss(self, thing: str, reason: str, mend: str, origin: Origin) -> None:
        """Add what the job lacks to run, though it can be planned."""
        self._missing.setdefault(Fault(thing, reason, mend, origin))

    def note(self, text: str) -> None:
        """Add a note; each is said once."""
        self._notes.setdefault(text)

    def keys(self, part: Part, place: str, *, prefix: str = "") -> None:
        """Judge the keys of a mapping: refuse what is refused or unknown, note what is mapped."""
        self.add(key_faults(part, place))
        for note in key_notes(part, place):
            self.note(f"{prefix}{note}")

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes, in the order in which they came up."""
        return tuple(self._notes)

    @property
    def missing(self) -> tuple[Fault, ...]:
        """What the job lacks to run."""
        return tuple(self._missing)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was refused so far."""
        return not self._faults

    def check(self) -> None:
        """Raise SpecError where a fault was found, with all of them."""
        if self._faults:
            raise SpecError(tuple(self._faults))
