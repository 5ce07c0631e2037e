"""Resource groups: the part of the document that says what may be made and removed where."""

from typing import Annotated, Literal

from pydantic import Field, StrictStr

from cloister.sources.document.words import RESOURCE_TYPE_PATTERN, Block, Name

ResourceType = Annotated[StrictStr, Field(pattern=RESOURCE_TYPE_PATTERN)]


class ResourceGroupBlock(Block):
    """A resource group. One that a network names need not be described, but then nothing is known of its locks."""

    subscription: Name | None = Field(None, description="The name of its subscription, where there are several.")
    lock: Literal["CanNotDelete", "ReadOnly"] | None = Field(None, description="The lock on everything in it.")
    denied_types: tuple[ResourceType, ...] = Field(
        (), description="Types that a policy refuses in it, such as Microsoft.Network/networkSecurityGroups."
    )
