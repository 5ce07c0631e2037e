"""What the owner requires."""

from typing import Literal

from pydantic import Field

from cloister.sources.document.words import Block, Yes


class RequirementsBlock(Block):
    """What the owner requires; controls that depend on it ask where nothing is stated."""

    stage: Literal["dev", "test", "prod"] | None = Field(None, description="What the environment is for.")
    api: Literal["v1", "v2"] | None = Field(None, description="The version of Azure Machine Learning's API in use.")
    customer_managed_keys: Yes | None = Field(
        None, description="Whether data must be encrypted with keys of one's own."
    )
    user_assigned_identities: Yes | None = Field(
        None, description="Whether workspaces must act as identities that live apart from them."
    )
