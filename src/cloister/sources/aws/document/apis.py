"""REST APIs and VPC links in a document."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cloister.inventory.aws.apis import Authorization
from cloister.sources.aws.document.words import ApiId, ApiMethod, ApiPath, Policy, Region
from cloister.sources.document.words import Block, Count, Name, Text, Yes, refusal


class VpcLinkBlock(Block):
    """A VPC link of REST APIs."""

    target: Name = Field(description="Name under load_balancers: a network one.")
    account: Name | None = Field(None, description="Name under accounts; the first where nothing is said.")


class IntegrationBlock(Block):
    """Where a method leads."""

    type: Literal["HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY", "MOCK"] = Field("HTTP_PROXY", description="Its kind.")
    connection_type: Literal["INTERNET", "VPC_LINK"] = Field("INTERNET", description="Over which way.")
    vpc_link: Name | None = Field(None, description="Name under vpc_links, with VPC_LINK.")
    uri: Text | None = Field(None, description="The address that it calls; of its port counts which listener is meant.")

    @model_validator(mode="after")
    def _linked(self) -> Self:
        if (self.connection_type == "VPC_LINK") != (self.vpc_link is not None):
            reason = "states vpc_link without VPC_LINK" if self.vpc_link else "states VPC_LINK without a vpc_link"
            raise refusal(reason, "write both connection_type: VPC_LINK and vpc_link, or neither")
        return self


class ApiMethodBlock(Block):
    """A method of a resource."""

    authorization: Authorization = Field("NONE", description="Who decides whether a request may come in.")
    authorizer: Name | None = Field(None, description="Name under authorizers of the API.")
    api_key_required: Yes = Field(default=False, description="Whether a key must be sent along.")
    integration: IntegrationBlock | None = Field(None, description="Where it leads.")


class ApiResourceBlock(Block):
    """A resource of an API."""

    methods: dict[ApiMethod, ApiMethodBlock] = Field({}, description="Its methods: GET, POST, ANY and so on.")


class AuthorizerBlock(Block):
    """An authorizer of an API."""

    type: Literal["TOKEN", "REQUEST", "COGNITO_USER_POOLS"] = Field("TOKEN", description="What it reads.")
    function: Text | None = Field(None, description="The Lambda function that decides.")
    user_pools: tuple[Name, ...] = Field((), description="Names under cognito_user_pools.")
    identity_source: Text = Field("method.request.header.Authorization", description="Where the token stands.")
    result_ttl_in_seconds: Count = Field(300, description="How long an answer is kept.")


class StageBlock(Block):
    """A stage of an API."""

    access_log_destination: Text | None = Field(None, description="Where requests are recorded.")
    throttling_rate_limit: Count | None = Field(None, description="Requests in a second.")
    throttling_burst_limit: Count | None = Field(None, description="Requests at once.")
    data_trace_enabled: Yes = Field(default=False, description="Whether whole requests are written to the log.")
    web_acl: Text | None = Field(None, description="The web ACL that stands before it.")


class RestApiBlock(Block):
    """A REST API of API Gateway."""

    api_id: ApiId | None = Field(None, description="The first part of its host name; made from its name if not stated.")
    account: Name | None = Field(None, description="Name under accounts; the first where nothing is said.")
    region: Region | None = Field(None, description="Its region, where that is another than the environment's.")
    endpoint_type: Literal["REGIONAL", "EDGE", "PRIVATE"] = Field(
        "EDGE", description="PRIVATE ones are reached by endpoints for execute-api alone."
    )
    vpc_endpoints: tuple[Name, ...] = Field((), description="Names under vpc_endpoints that it is associated with.")
    policy: Policy | None = Field(None, description="Its resource policy, an IAM document; a PRIVATE one needs it.")
    disable_execute_api_endpoint: Yes = Field(default=False, description="Whether its own host name is switched off.")
    resources: dict[ApiPath, ApiResourceBlock] = Field({}, description="Its resources by their whole paths.")
    authorizers: dict[Name, AuthorizerBlock] = Field({}, description="Its authorizers by name.")
    stages: dict[Name, StageBlock] = Field({}, description="Its stages by name.")
