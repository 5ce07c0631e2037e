"""Whether statements speak of controls that there are."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from cloister.controls.catalogue import RETIRED, catalogue
from cloister.errors import Fault
from cloister.inventory.statements import Attestation, Statements, Waiver


def about_controls(statements: Statements) -> tuple[Statements, tuple[Fault, ...]]:
    """The statements that name a control or an intent, and a fault for each that names no control that there is."""
    if not statements.attestations and not statements.waivers:
        return statements, ()
    known = {entry.control.id for entry in catalogue()}
    attestations = tuple(one for one in statements.attestations if one.control in known)
    waivers = tuple(one for one in statements.waivers if not one.control or one.control in known)
    faults = _faults((*statements.attestations, *statements.waivers), known)
    return Statements(attestations, waivers, statements.file), tuple(faults)


def _faults(stated: Iterable[Attestation | Waiver], known: Collection[str]) -> Iterator[Fault]:
    for one in stated:
        if one.control and one.control not in known:
            what = "attestation" if isinstance(one, Attestation) else "waiver"
            reason = f"is retired: {RETIRED[one.control]}" if one.control in RETIRED else "is no control"
            near = get_close_matches(one.control, known, n=1)
            mend = f"write {near[0]}, " if near and one.control not in RETIRED else ""
            place = one.origin if isinstance(one, Attestation) else one.origin.of("control")
            yield Fault(f"{what} of {one.control}", reason, f"{mend}look in docs/controls, or remove it", place)
