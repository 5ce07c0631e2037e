"""The reader of the file of attestations and waivers: text in, what is stated out, and every fault of it at once.

A statement with a fault does not count; the others do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cloister.errors import Fault
from cloister.inventory.statements import Attestation, Statements, Waiver
from cloister.origin import Origin
from cloister.sources.faults import in_order, shape_faults
from cloister.sources.merge import origin_of
from cloister.sources.statements.document import AttestationBlock, StatementsDocument, WaiverBlock
from cloister.sources.statements.lasting import lasts_too_long
from cloister.sources.things import called
from cloister.sources.written import Path, Written, parse

_STATEMENT_DEPTH = 2
_BLOCKS: dict[str, type[AttestationBlock | WaiverBlock]] = {
    "attestations": AttestationBlock,
    "waivers": WaiverBlock,
}


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated and counts, and the faults of the rest."""

    statements: Statements
    faults: tuple[Fault, ...] = ()


def read_statements(text: str, file: str, today: date) -> Stated:
    """What the file states as of `today`. Raises SpecError where it is no YAML at all."""
    tree = parse(text, file)
    errors = _errors(tree)
    faults = list(shape_faults(errors, tree, StatementsDocument))
    whole = all(len(error["loc"]) >= _STATEMENT_DEPTH for error in errors)
    faulty = {error["loc"][:_STATEMENT_DEPTH] for error in errors}
    attestations: list[Attestation] = []
    waivers: list[Waiver] = []
    for path, written in _statements(tree) if whole else ():
        if path in faulty:
            continue
        block = _BLOCKS[str(path[0])].model_validate(written.plain())
        fault = None if block.why_longer else lasts_too_long(called(path)[0], block.until, today, _until(written))
        if fault:
            faults.append(fault)
        elif isinstance(block, AttestationBlock):
            attestations.append(_attestation(str(path[1]), block, written))
        else:
            waivers.append(_waiver(block, written))
    attests = file if "attestations" in tree.children() else ""
    return Stated(Statements(tuple(attestations), tuple(waivers), attests), tuple(in_order(faults, file)))


def _errors(tree: Written) -> list[ErrorDetails]:
    try:
        StatementsDocument.model_validate(tree.plain())
    except ValidationError as error:
        return error.errors()
    return []


def _statements(tree: Written) -> Iterator[tuple[Path, Written]]:
    """Every statement with its path, in the order of the file."""
    for section in _BLOCKS:
        if section in tree.children():
            held = tree.children()[section]
            members = enumerate(held.value) if isinstance(held.value, list) else held.children().items()
            yield from (((section, key), child) for key, child in members)


def _until(written: Written) -> Origin:
    return written.children()["until"].place


def _attestation(control: str, block: AttestationBlock, written: Written) -> Attestation:
    return Attestation(
        control=control,
        statement=block.statement,
        owner=block.owner,
        until=block.until,
        evidence=block.evidence or "",
        origin=origin_of(written, {}),
    )


def _waiver(block: WaiverBlock, written: Written) -> Waiver:
    return Waiver(
        control=block.control or "",
        intent=block.intent or "",
        resource=block.resource or "",
        reason=block.reason,
        owner=block.owner,
        until=block.until,
        origin=origin_of(written, {}),
    )
