"""API Gateway: REST APIs with their resources, methods, authorizers and stages, and the VPC links behind them."""

from dataclasses import dataclass
from typing import Literal

from cloister.origin import Origin

Authorization = Literal["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcLink:
    """A VPC link of a REST API: the network load balancer that it leads to."""

    name: str
    target: str
    account: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """Where a method leads. Over the internet unless `connection_type` says that it goes by a VPC link."""

    type: Literal["HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY", "MOCK"] = "HTTP_PROXY"
    connection_type: Literal["INTERNET", "VPC_LINK"] = "INTERNET"
    vpc_link: str | None = None
    uri: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiMethod:
    """A method of a resource (`name`: GET, ANY) with whoever authorizes it."""

    name: str
    authorization: Authorization = "NONE"
    authorizer: str | None = None
    api_key_required: bool = False
    integration: Integration | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResource:
    """A resource of an API: its whole path is its name, such as `/api/{proxy+}`."""

    name: str
    methods: tuple[ApiMethod, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """An authorizer: a Lambda function that reads a token or the request, or user pools."""

    name: str
    type: Literal["TOKEN", "REQUEST", "COGNITO_USER_POOLS"] = "TOKEN"
    function: str | None = None
    user_pools: tuple[str, ...] = ()
    identity_source: str = "method.request.header.Authorization"
    result_ttl_in_seconds: int = 300
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage under which the API is deployed."""

    name: str
    access_log_destination: str | None = None
    throttling_rate_limit: int | None = None
    throttling_burst_limit: int | None = None
    data_trace_enabled: bool = False
    web_acl: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RestApi:
    """A REST API. A private one is reached by `vpc_endpoints` for `execute-api` alone, and needs a `policy`.

    `policy` is the resource policy, an IAM document as JSON text. `api_id` is the first part of its host name.
    """

    name: str
    api_id: str | None = None
    account: str | None = None
    region: str | None = None
    endpoint_type: Literal["REGIONAL", "EDGE", "PRIVATE"] = "EDGE"
    vpc_endpoints: tuple[str, ...] = ()
    policy: str | None = None
    disable_execute_api_endpoint: bool = False
    resources: tuple[ApiResource, ...] = ()
    authorizers: tuple[Authorizer, ...] = ()
    stages: tuple[Stage, ...] = ()
    origin: Origin
