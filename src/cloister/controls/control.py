"""The form of a control: a claim about an environment that can be true, and what is found where it is not.

What no input can tell is asked of a person: a `Due` stands until somebody states it, with a name and a last day.
A control whose metadata is incomplete cannot be built, so that the import of its file fails, and with it the build.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from cloister.ask.judgement import Judgement
from cloister.ask.rights.holding import Rights
from cloister.inventory import aws
from cloister.inventory.azure import Inventory
from cloister.inventory.edits import Edit
from cloister.inventory.statements import Attestation, Waiver
from cloister.origin import Origin

I = TypeVar("I")  # noqa: E741 - an inventory

_ID = re.compile(r"A[ZW]\d{3}")


class Severity(StrEnum):
    """How much a failure weighs; in order, the worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Pillar(StrEnum):
    """The pillar of the Well-Architected Framework that a control belongs to."""

    RELIABILITY = "reliability"
    SECURITY = "security"
    COST = "cost optimization"
    OPERATIONS = "operational excellence"
    PERFORMANCE = "performance efficiency"


class Decided(StrEnum):
    """How a control is decided: from what is declared, by what can reach what or who may do what, or from what was seen
    of the running estate; and what nothing of that can tell, by a person's statement.
    """

    INVENTORY = "inventory"
    REACH = "reach"
    EXPORT = "export"
    ATTESTED = "attested"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a control comes from: the document, its clause, the address, and the date on which it was read."""

    document: str
    clause: str
    url: str
    read: str

    def __post_init__(self) -> None:
        for name in ("document", "clause", "url", "read"):
            if not getattr(self, name):
                message = f"a source needs its {name}"
                raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Finding:
    """A resource for which a control's claim is false, what is wrong with it, and what to change.

    `fix` is the mend as edits of the document, where it is certain; without any, a person has to choose.
    """

    control: str
    severity: Severity
    resource: str
    message: str
    mend: str
    origin: Origin
    fix: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A resource for which a control could not be decided, and the fact that is missing."""

    control: str
    severity: Severity
    resource: str
    message: str
    mend: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Due:
    """A resource for which the input does not tell whether a control's claim is true: a person has to state it."""

    control: str
    severity: Severity
    resource: str
    message: str
    mend: str
    origin: Origin


Told = Finding | Doubt | Due


@dataclass(frozen=True, slots=True)
class Waived:
    """What a control said of a resource, and who accepts it until when."""

    told: Finding | Doubt
    waiver: Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What a control claims, and why; `aliases` are the ids of the same claim in other catalogues.

    `question` is what is asked of a person where the input does not tell; every control that may need that has one.
    """

    id: str
    title: str
    why: str
    remedy: str
    severity: Severity
    pillar: Pillar
    decided: Decided
    sources: tuple[Source, ...]
    aliases: tuple[str, ...]
    question: str = ""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            message = f'"{self.id}" is no id: write AZ or AW and three digits'
            raise ValueError(message)
        empty = [name for name in ("title", "why", "remedy", "sources", "aliases") if not getattr(self, name)]
        if empty:
            message = f"{self.id} lacks {', '.join(empty)}"
            raise ValueError(message)
        if self.decided in (Decided.EXPORT, Decided.ATTESTED) and not self.question:
            message = f"{self.id} lacks the question that is asked where the input does not tell"
            raise ValueError(message)
        if self.title.endswith("."):
            message = f"{self.id}: the title is a claim without a full stop"
            raise ValueError(message)

    def finding(
        self, resource: str, message: str, *, at: Origin, mend: str = "", fix: tuple[Edit, ...] = ()
    ) -> Finding:
        """The claim is false for this resource."""
        return Finding(self.id, self.severity, resource, message, mend or self.remedy, at, fix)

    def doubt(self, resource: str, message: str, *, at: Origin, mend: str) -> Doubt:
        """It cannot be told whether the claim is true for this resource; `mend` says how to make it known."""
        return Doubt(self.id, self.severity, resource, message, mend, at)

    def due(self, resource: str, *, at: Origin, message: str = "", mend: str = "") -> Due:
        """Nothing in the input tells whether the claim is true for this resource: it has to be stated."""
        message = message or f"the input does not tell: {self.question}"
        return Due(self.id, self.severity, resource, message, mend or f"attest {self.id}, with an owner and a date", at)


@dataclass(frozen=True)
class EnvironmentOf(Generic[I]):
    """What a check may look at: what is declared, and what was judged of it.

    `attestations` are those of this environment by control, and `today` the day on which they have to be valid.
    """

    inventory: I
    judgement: Judgement
    attestations: Mapping[str, Attestation] = field(default_factory=dict)
    today: date = date.min

    @cached_property
    def rights(self) -> Rights:
        """What principals may do in an environment in Azure, worked out once for all controls."""
        return Rights(cast("Inventory", self.inventory))


Environment = EnvironmentOf[Inventory]
"""An environment in Azure."""
AwsEnvironment = EnvironmentOf[aws.Inventory]
"""An environment in AWS."""
AnyEnvironment = Environment | AwsEnvironment


@dataclass(frozen=True, slots=True)
class Entry:
    """A control with its check: `subjects` are the resources that it is about, `check` looks at one of them.

    The two come from one file, whose functions agree on the kind of resource and on the cloud; here it does not matter
    which.
    """

    control: Control
    subjects: Callable[[Any], Iterable[Any]]
    check: Callable[[Any, Any], Iterator[Told]]


class Status(StrEnum):
    """What came of a control."""

    PASS = "pass"  # noqa: S105 - the outcome of a control, not a password
    FAIL = "fail"
    UNDECIDED = "undecided"
    DUE = "attestation due"
    WAIVED = "waived"
    KNOWN = "in the baseline"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Result:
    """One control on one environment. `checked` counts the resources that it looked at.

    `dues` are those for which nobody has stated what the input does not tell; `attested` is the statement that counts.
    `waived` are findings and doubts that somebody accepts, `known` those that a baseline has: they stand in no other.
    """

    control: Control
    checked: int
    findings: tuple[Finding, ...]
    doubts: tuple[Doubt, ...]
    dues: tuple[Due, ...] = ()
    attested: Attestation | None = None
    waived: tuple[Waived, ...] = ()
    known: tuple[Finding | Doubt, ...] = ()

    @property
    def told(self) -> tuple[Finding | Doubt, ...]:
        """What was found, then what is in doubt."""
        return (*self.findings, *self.doubts)

    @property
    def status(self) -> Status:
        """Fail where anything was found, else undecided where anything is in doubt, else due, else waived."""
        if self.findings:
            return Status.FAIL
        if self.doubts:
            return Status.UNDECIDED
        if self.dues:
            return Status.DUE
        if self.waived or self.known:
            return Status.WAIVED if self.waived else Status.KNOWN
        return Status.PASS if self.checked else Status.NOT_APPLICABLE
