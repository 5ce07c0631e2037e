"""Endpoints of Azure Machine Learning that score: online ones with their deployments, and batch endpoints."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment of an online endpoint.

    `egress_public_network_access` counts where Azure manages no network for the workspace: off, the deployment stands
    in a network of its own, with endpoints for what it is made from and no other way out.
    """

    name: str
    egress_public_network_access: bool = True
    instance_type: str | None = None
    instance_count: int = 1
    app_insights: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineEndpoint:
    """An online endpoint. One of kind kubernetes runs on a cluster, and answers at the address of its ingress.

    Deployments of a managed one run as `identity`; on a cluster they have that of its nodes.
    """

    name: str
    kind: Literal["managed", "kubernetes"] = "managed"
    workspace: str | None = None
    public_network_access: bool = True
    auth_mode: Literal["key", "aml_token", "aad_token"] = "key"
    identity: Literal["SystemAssigned", "UserAssigned"] = "SystemAssigned"
    cluster: str | None = None
    ingress_ip: IPv4Address | None = None
    deployments: tuple[Deployment, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEndpoint:
    """A batch endpoint: called through its workspace, run on a compute."""

    name: str
    compute: str
    workspace: str | None = None
    origin: Origin
