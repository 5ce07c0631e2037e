"""Seals: what an approval rests on no longer changes.

A version is approved by what lies in its run or logged model. So the move that approves it seals them, and from then on
no file is put into them or taken out of them. A file that is on its way at that moment holds the move up.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from cloister.gateway.tables import SEALS
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

# What changes the files of a run or logged model, or which of them count.
SEALED_ACTIONS: Final = frozenset(
    {
        "mlflow:PutArtifact",
        "mlflow:DeleteArtifact",
        "mlflow:LogModel",
        "mlflow:LogOutputs",
        # A client takes files of runs:/RUN/NAME from a logged model of that name that says it is the run's.
        "mlflow:CreateLoggedModel",
        "mlflow:DeleteRun",
        "mlflow:FinalizeLoggedModel",
        "mlflow:DeleteLoggedModel",
    }
)
_RULE: Final = Rule("approved versions do not change")
Part = tuple[str, str]


class Seals:
    """The seals in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def seal(self, parts: Collection[Part], resource: str, *, now: datetime) -> None:
        """Seal runs and logged models (kind and id) for an approved version. A seal is never taken off."""
        for kind, identity in sorted(parts):
            row = {"kind": kind, "identity": identity, "resource": resource, "sealed_at": now}
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(SEALS).values(**row))
            except IntegrityError:
                pass  # it was sealed before

    def of(self, part: Part) -> str | None:
        """The version for which the part was sealed, or None."""
        query = select(SEALS.c.resource).where(SEALS.c.kind == part[0], SEALS.c.identity == part[1])
        with self._engine.connect() as connection:
            return connection.scalar(query)


def sealed(changed: str, version: str) -> Verdict:
    """The refusal of a change to what a version was approved with."""
    reason = f"{changed} belongs to {version}, which was approved as it is"
    return _refused(changed, reason, "make a new run, and register a new version from it")


def being_written(version: str, part: Part) -> Verdict:
    """The refusal of an approval while a file of the version is on its way."""
    reason = f"a file is being written into the {part[0].replace('-', ' ')} {part[1]} of {version}"
    return _refused(version, reason, "look at the version again once it is written, then move it")


def _refused(resource: str, reason: str, mend: str) -> Verdict:
    step = Step(Layer.AUTHORIZATION, resource, Outcome.REFUSE, reason, _RULE)
    return Verdict(Answer.DENY, reason, (step,), mend)
