"""Endpoints that score: the part of the document that serves models."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from cloister.sources.document.words import Address, Block, Name, Text, Yes


class DeploymentBlock(Block):
    """A deployment of an online endpoint."""

    egress_public_network_access: Yes = Field(
        default=True,
        description="Whether it reaches the internet; counts only where Azure manages no network for the workspace.",
    )
    instance_type: Text | None = Field(None, description="The size of its machines, such as Standard_DS3_v2.")
    instance_count: Annotated[StrictInt, Field(ge=1)] = Field(1, description="How many there are.")
    app_insights: Yes = Field(default=False, description="Whether it reports to the workspace's Application Insights.")


class OnlineEndpointBlock(Block):
    """An online endpoint with its deployments."""

    kind: Literal["managed", "kubernetes"] = Field("managed", description="Run by Azure, or on a cluster.")
    workspace: Name | None = Field(None, description="Name under workspaces; needed where there are several.")
    public_network_access: Yes = Field(
        default=True, description="Whether its scoring name answers on the internet, whatever the workspace says."
    )
    auth_mode: Literal["key", "aml_token", "aad_token"] = Field("key", description="What a caller has to show.")
    identity: Literal["SystemAssigned", "UserAssigned"] = Field(
        "SystemAssigned", description="As what the deployments of a managed one act; `identity:` and its name."
    )
    cluster: Name | None = Field(None, description="Name under services of kind kubernetes, where it runs on one.")
    ingress_ip: Address | None = Field(None, description="The address at which the cluster takes scoring requests.")
    deployments: dict[Name, DeploymentBlock] = Field({}, description="Its deployments by name, each a place.")


class BatchEndpointBlock(Block):
    """A batch endpoint."""

    compute: Name = Field(description="Name under computes, on which it runs.")
    workspace: Name | None = Field(None, description="Name under workspaces; needed where there are several.")
