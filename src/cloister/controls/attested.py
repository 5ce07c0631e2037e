"""What a person states where the input does not tell: it settles what is due, until its last day has passed."""

from dataclasses import replace

from cloister.controls.control import AnyEnvironment, Finding, Result
from cloister.inventory.statements import Attestation


def settled(result: Result, environment: AnyEnvironment) -> Result:
    """The result with what is due settled by the statement that there is: met, or a finding where it has expired."""
    stated = environment.attestations.get(result.control.id)
    if not result.dues or stated is None:
        return result
    if environment.today <= stated.until:
        return replace(result, dues=(), attested=stated)
    return replace(result, dues=(), findings=(*result.findings, _expired(result, stated)), attested=stated)


def _expired(result: Result, stated: Attestation) -> Finding:
    return result.control.finding(
        f"attestation of {result.control.id}",
        f"{stated.owner} stated it until {stated.until}, and that day has passed: {stated.statement}",
        at=stated.origin.of("until"),
        mend="look again, and state it anew with a later date",
    )
