"""What the owner wants of the environment: intents, the choice of built-in packs, and approved destinations."""

from typing import Any, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from cloister.sources.document.words import Block, Ports, Text, Words, refusal

_GROUPS = "Places, or groups of them."


class ExceptBlock(Block):
    """What flows leave out: places, targets, or (where both stand) the pairs of them."""

    places: Words = Field((), alias="from", description=_GROUPS)
    targets: Words = Field((), alias="to", description="Targets, or groups of them.")


class FlowsBlock(Block):
    """Many questions as one: from each of these places to each of these targets."""

    question: Text | None = Field(None, description="One question instead of all below: `must: Q` is short for this.")
    places: Words = Field((), alias="from", description=_GROUPS)
    targets: Words = Field((), alias="to", description="Services, doors, host names, places, or groups of them.")
    ports: Ports = Field((), description="Ports to ask for; the usual port of each target where none is stated.")
    protocol: Literal["tcp", "udp"] = Field("tcp", description="The protocol of those ports.")
    exceptions: ExceptBlock | None = Field(None, alias="except", description="What is left out of them.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the author wrote
        return {"question": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        stated = any((self.places, self.targets, self.ports, self.exceptions))
        if self.question is not None and stated:
            reason = "states a question and flows"
            raise refusal(reason, 'write either "PLACE -> TARGET:PORT" or from and to')
        if self.question is None and not (self.places and self.targets):
            reason = "states neither a question nor both from and to"
            raise refusal(reason, 'write "compute -> workspace:443", or from and to')
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Either the mapping or, in short, a question as text."""
        return _or_short({"type": "string", "minLength": 1}, handler(core_schema))


class IntentBlock(Block):
    """What the owner says must or must not be possible: a question of `cloister ask`, or many, and their answer."""

    must: FlowsBlock | None = Field(None, description="What must be answered ALLOW.")
    must_not: FlowsBlock | None = Field(None, description="What must be answered DENY.")
    why: Text = Field(description="The reason, told to whoever meets it.")
    loop: Literal["", "inner", "middle", "outer"] = Field("", description="The loop of model development it serves.")
    mend: str = Field("", description="What to do when it is missed.")

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.must is None) == (self.must_not is None):
            reason = "states both must and must_not" if self.must else "states neither must nor must_not"
            raise refusal(reason, 'write one of them, such as must: "compute -> workspace:443"')
        return self


class PackBlock(Block):
    """Whether a built-in pack of intents is asked; `NAME: on` is short for it."""

    ask: Literal["on", "off"] = Field(description="Whether its intents are asked.")
    why: Text | None = Field(None, description="The reason, told in the report; needed where a pack is off.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the author wrote
        return value if isinstance(value, dict) else {"ask": value}

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if self.ask == "off" and self.why is None:
            reason = "is switched off without a reason"
            raise refusal(reason, 'write {ask: off, why: "the reason"}')
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Either the mapping or, in short, the switch alone."""
        return _or_short({"enum": ["on", "off"]}, handler(core_schema))


class ApprovalBlock(Block):
    """A host on the internet that data may go to; `HOST: "the reason"` is short for it."""

    why: Text = Field(description="Why it may be reached, told in the report.")
    places: Words = Field(
        (), alias="from", description="Places, or groups of them, from which; all where none is stated."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the author wrote
        return value if isinstance(value, dict) else {"why": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Either the mapping or, in short, the reason alone."""
        return _or_short({"type": "string", "minLength": 1}, handler(core_schema))


def _or_short(short: JsonSchemaValue, block: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [short, {key: value for key, value in block.items() if key != "title"}]}
