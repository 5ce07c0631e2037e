"""The whole answer of a check as one value, from which every form is written."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum

from cloister.ask.asking import answer, environment_of
from cloister.ask.judgement import Judged, Judgement, Standing, judge
from cloister.ask.lessons.diagnosis import diagnose
from cloister.ask.lessons.values import Lesson
from cloister.ask.notes import Note, notes
from cloister.controls import control as controls
from cloister.controls.baseline import Compared
from cloister.controls.catalogue import run
from cloister.controls.control import Doubt, Finding, Result, Severity, Status, Waived
from cloister.controls.waiving import Waiving, without_waived
from cloister.errors import Fault, SpecError
from cloister.fabric.lower_azure.published import PublishedTags
from cloister.facts.packs import aws_packs, packs
from cloister.inventory import aws, azure
from cloister.inventory.clouds import AnyInventory
from cloister.inventory.statements import Attestation, Statements

OWNER = "owner"
"""What the owner's intents are called where packs are named."""


class Outcome(StrEnum):
    """What came of a check; `cli/check.py` has the exit code of each."""

    HOLDS = "holds"
    FINDINGS = "findings"
    UNDECIDED = "undecided"
    NOTHING_CHECKED = "nothing checked"


@dataclass(frozen=True, slots=True)
class Report:
    """An environment with its judgement, the results of its controls, and the lessons that it teaches.

    `file` is the file as it was named; `notes` change nothing of the outcome. `narrowed`: only some packs are told, and
    no control, lesson or note. What owners accept is in neither judgement nor results, but told as `waiving`, and in
    each result as waived. `attested_in` is the file of attestations: with one, what is still due is undecided.
    `compared`: what a baseline knew is in neither, either. `seen_days` is how old what was seen of the running estate
    is, where anything was and the day of the check is known.
    """

    inventory: AnyInventory
    file: str
    judgement: Judgement
    results: tuple[Result, ...]
    lessons: tuple[Lesson, ...] = ()
    notes: tuple[Note, ...] = ()
    narrowed: bool = False
    waiving: Waiving = field(default_factory=Waiving)
    attested_in: str = ""
    compared: Compared | None = None
    seen_days: int | None = None

    @property
    def outcome(self) -> Outcome:
        """Findings before undecided before holds; nothing checked where there was nothing to ask."""
        standings = {one.standing for one in self.judgement.all()}
        statuses = {result.status for result in self.results} - {Status.NOT_APPLICABLE}
        if Standing.MISSED in standings or Status.FAIL in statuses or self.waiving.expired:
            return Outcome.FINDINGS
        due = Status.DUE in statuses and self.attested_in
        if Standing.UNDECIDED in standings or Status.UNDECIDED in statuses or due:
            return Outcome.UNDECIDED
        asked = standings or self.waiving.intents or (self.compared and self.compared.intents)
        checked = self.narrowed or has_anything(self.inventory)
        return Outcome.HOLDS if asked and checked else Outcome.NOTHING_CHECKED

    def count(self, status: Status) -> int:
        """How many controls came out so."""
        return sum(result.status is status for result in self.results)

    @property
    def waived(self) -> int:
        """How many findings, doubts and intents somebody accepts."""
        return len(self.waiving.intents) + len(self.waived_findings)

    @property
    def known(self) -> int:
        """How many findings, doubts and intents the baseline knew."""
        intents = self.compared.intents if self.compared else ()
        return len(intents) + sum(len(result.known) for result in self.results)

    @property
    def waived_findings(self) -> tuple[Waived, ...]:
        """Every finding and doubt that somebody accepts, by the id of its control."""
        return tuple(one for result in self.results for one in result.waived)

    def failures(self) -> Iterator[tuple[Result, Finding]]:
        """Every finding with its control, the worst first, and within one severity by id."""
        for severity in Severity:
            for result in self.results:
                if result.control.severity is severity:
                    yield from ((result, finding) for finding in result.findings)

    def doubts(self) -> Iterator[tuple[Result, Doubt]]:
        """Every doubt with its control, by id."""
        for result in self.results:
            yield from ((result, doubt) for doubt in result.doubts)


def check_environment(
    inventory: AnyInventory,
    file: str,
    published: PublishedTags | None = None,
    statements: Statements = Statements(),  # noqa: B008 - a frozen value
    today: date = date.min,
) -> Report:
    """The report on an environment: judged, held against every control, and known by name where it is known-bad.

    `published` is the published list of service tags, where the user has it; `statements` are what people attest and
    waive, as of `today`.
    """
    environment = environment_of(inventory, published)
    judgement = judge(inventory, lambda question: answer(environment, question).verdict)
    attested = {one.control: one for one in statements.attestations}
    # An environment without a resource in it is not closed but empty: there is nothing that could be open.
    results = run(_held(inventory, judgement, attested, today)) if has_anything(inventory) else ()
    accepted = without_waived(judgement, results, statements.waivers, today)
    return Report(
        inventory=inventory,
        file=file,
        judgement=accepted.judgement,
        results=accepted.results,
        lessons=diagnose(inventory, judgement) if isinstance(inventory, azure.Inventory) else (),
        notes=notes(environment),
        waiving=accepted.waiving,
        attested_in=statements.file,
        seen_days=_days_since(inventory, today),
    )


def _days_since(inventory: AnyInventory, today: date) -> int | None:
    """How many days ago the running estate was seen, where it was and the day is known."""
    observed = inventory.observed if isinstance(inventory, azure.Inventory) else None
    return (today - observed.collected).days if observed and today >= observed.collected else None


def _held(
    inventory: AnyInventory, judgement: Judgement, attested: Mapping[str, Attestation], today: date
) -> controls.AnyEnvironment:
    """What controls look at, by the cloud that they are for."""
    if isinstance(inventory, aws.Inventory):
        return controls.EnvironmentOf(inventory, judgement, attested, today)
    return controls.EnvironmentOf(inventory, judgement, attested, today)


def known_packs(names: Collection[str]) -> Collection[str]:
    """The same names. Raises SpecError for each that is no pack."""
    known = [*dict.fromkeys((*packs(), *aws_packs())), OWNER]
    faults = []
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            mend = f"write {near[0]}" if near else f"use one of {', '.join(known)}"
            faults.append(Fault(f'pack "{name}"', "is no built-in pack", mend))
    if faults:
        raise SpecError(faults)
    return names


def narrowed_to(report: Report, names: Collection[str]) -> Report:
    """The report about some packs alone; `owner` is the owner's own intents. Controls and lessons are left out."""

    def kept(judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
        return tuple(one for one in judged if (one.pack or OWNER) in names)

    judgement = report.judgement
    opened = tuple(one for one in judgement.packs if one.pack.name in names)
    narrow = Judgement(kept(judgement.closure), kept(judgement.flow), opened)
    waived = tuple(one for one in report.waiving.intents if (one.judged.pack or OWNER) in names)
    return Report(report.inventory, report.file, narrow, (), narrowed=True, waiving=Waiving(waived))


def has_anything(inventory: AnyInventory) -> bool:
    """Whether an environment has a network, a service or a compute."""
    if isinstance(inventory, aws.Inventory):
        return any((inventory.vpcs, inventory.s3_buckets, inventory.rest_apis, inventory.sagemaker_jobs))
    return any((inventory.networks, inventory.workspaces, inventory.storage_accounts, inventory.computes))


def counted(judged: tuple[Judged, ...], standing: Standing) -> int:
    """How many intents stand so."""
    return sum(one.standing is standing for one in judged)
