"""The file of attestations and waivers: `cloister.attestations.yaml` beside `cloister.yaml`."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictStr, model_validator

from cloister.sources.document.words import CONTROL_PATTERN, Block, Day, Text, refusal


def _said(value: str) -> str:
    if not value.strip():
        reason, mend = "is empty", "write what a reader needs to know"
        raise refusal(reason, mend)
    return value


Said = Annotated[StrictStr, AfterValidator(_said), Field(json_schema_extra={"pattern": r"\S"})]
ControlId = Annotated[StrictStr, Field(pattern=CONTROL_PATTERN)]


class AttestationBlock(Block):
    """That a control's claim is true, where nothing in the input tells."""

    statement: Said = Field(description="What was looked at, and found to be so.")
    owner: Said = Field(description="Who states it.")
    until: Day = Field(description="The last day on which it counts.")
    evidence: Said | None = Field(None, description="Where it can be looked up.")
    why_longer: Said | None = Field(None, description="Why it holds for longer than a year, where it does.")


class WaiverBlock(Block):
    """What somebody accepts for a time: what a control finds on some resources, or an intent that is not met."""

    control: ControlId | None = Field(None, description="The control whose findings are accepted.")
    intent: Text | None = Field(
        None, description="The intent that may be missed, by its name; `*` stands for any letters."
    )
    resource: Text | None = Field(
        None,
        description="On which resources: a name, an address in a plan, or a pattern with `*` for any letters. "
        "Of an intent, the places, targets or questions that are meant.",
    )
    reason: Said = Field(description="Why it is accepted.")
    owner: Said = Field(description="Who accepts it.")
    until: Day = Field(description="The last day on which it is accepted.")
    why_longer: Said | None = Field(None, description="Why it is accepted for longer than a year, where it is.")

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.control is None) == (self.intent is None):
            reason = "states both control and intent" if self.control else "states neither control nor intent"
            raise refusal(reason, "write one of them, such as control: AZ012")
        if self.control and self.resource is None:
            reason = "does not state resource"
            raise refusal(reason, 'write the name of the resource, or "*" for all')
        return self


class StatementsDocument(Block):
    """Attestations and waivers of one environment."""

    version: Annotated[Literal[1], Field(description="The version of this format: 1.")]
    attestations: dict[ControlId, AttestationBlock] = Field({}, description="What people attest, by control.")
    waivers: tuple[WaiverBlock, ...] = Field((), description="What people accept for a time.")
