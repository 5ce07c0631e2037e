"""Whether statements speak of controls that there are."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from cloister.controls.catalogue import RETIRED, catalogue
from cloister.errors import Fault
from cloister.inventory.statements import Attestation, Statements, Waiver


def unknown_controls(statements: Statements) -> tuple[Fault, ...]:
    """A fault for each statement that names no control: it would count for nothing, and nobody would see."""
    return tuple(_faults((*statements.attestations, *statements.waivers)))


def _faults(stated: Iterable[Attestation | Waiver]) -> Iterator[Fault]:
    known = {entry.control.id for entry in catalogue()}
    for one in stated:
        if one.control and one.control not in known:
            what = "attestation" if isinstance(one, Attestation) else "waiver"
            reason = f"is retired: {RETIRED[one.control]}" if one.control in RETIRED else "is no control"
            near = get_close_matches(one.control, known, n=1)
            mend = f"write {near[0]}, " if near and one.control not in RETIRED else ""
            place = one.origin if isinstance(one, Attestation) else one.origin.of("control")
            yield Fault(f"{what} of {one.control}", reason, f"{mend}look in docs/controls, or remove it", place)
