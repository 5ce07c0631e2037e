"""Policies that are assigned, and plans of Defender for Cloud: the part of the document that is set from above."""

from typing import Literal

from pydantic import Field

from cloister.sources.document.words import Block, Text, Words, Yes


class PolicyAssignmentBlock(Block):
    """A policy that is assigned at a scope; it binds what lies there and below."""

    definition: Text = Field(description="The id of a built-in definition, or the name of one of one's own.")
    scope: Text = Field(description="As in a role assignment.")
    parameters: dict[Text, Words] = Field({}, description="Its parameters by name: one text, or several.")
    enforced: Yes = Field(default=True, description="Whether it does more than report.")


class DefenderPlanBlock(Block):
    """A plan of Defender for Cloud on the subscription."""

    tier: Literal["Free", "Standard"] = Field(description="Standard is the plan itself; Free means that it is off.")
    subplan: Text | None = Field(None, description="Its variant, where it has several, such as DefenderForStorageV2.")
