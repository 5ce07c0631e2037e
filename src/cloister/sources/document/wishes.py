"""What the owner requires."""

from typing import Annotated, Literal

from pydantic import Field, StrictFloat, StrictInt

from cloister.sources.document.words import Block, Name, Yes

Positive = Annotated[StrictInt, Field(ge=1)]
Percents = Annotated[StrictFloat | StrictInt, Field(ge=0, le=100)]


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
    availability: Percents | None = Field(None, description="Availability of what serves, in percent, such as 99.9.")
    recovery: Literal["region", "none"] | None = Field(
        None, description="Whether work goes on in another region when one is lost."
    )
    training: tuple[Literal["general", "compute", "memory", "gpu"], ...] = Field(
        (), description="The classes of machines that training needs."
    )
    peak_nodes: dict[Name, Positive] = Field({}, description="Nodes that a cluster needs at once, by its name.")
    training_hours: Positive | None = Field(None, description="Hours that a training may take.")
    retrain_days: Positive | None = Field(None, description="Days after which a model is trained again.")
    response_ms: Positive | None = Field(None, description="Milliseconds in which 95 of 100 requests are answered.")
    requests_per_second: Positive | None = Field(None, description="Requests a second that are answered at the peak.")
    error_percent: Percents | None = Field(None, description="Requests of a hundred that may fail.")
    on_premises_names: Yes | None = Field(
        None, description="Whether what stands in Azure asks for names that only sites know."
    )
