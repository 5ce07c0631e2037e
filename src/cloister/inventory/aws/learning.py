"""SageMaker: domains of Studio with their profiles, notebook instances, and jobs."""

from dataclasses import dataclass
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class UserProfile:
    """A profile of a domain; without a role of its own it runs with the domain's."""

    name: str
    execution_role: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SageMakerDomain:
    """A domain of Studio. Unless it is VpcOnly, apps leave for the internet through a network of SageMaker's own."""

    name: str
    vpc: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...] = ()
    app_network_access_type: Literal["VpcOnly", "PublicInternetOnly"] = "PublicInternetOnly"
    auth_mode: Literal["IAM", "SSO"] = "IAM"
    execution_role: str | None = None
    user_profiles: tuple[UserProfile, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookInstance:
    """A notebook instance. Without a subnet it stands in a network of SageMaker's own.

    With `direct_internet_access` it reaches the internet through that network, whatever its subnet says.
    """

    name: str
    account: str | None = None
    subnet: str | None = None
    security_groups: tuple[str, ...] = ()
    direct_internet_access: Literal["Enabled", "Disabled"] = "Enabled"
    root_access: Literal["Enabled", "Disabled"] = "Enabled"
    role: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SageMakerJob:
    """Where jobs or hosted models of one kind run: in subnets, or in a network of SageMaker's own.

    With `enable_network_isolation` their containers have no network at all.
    """

    name: str
    kind: Literal["training", "processing", "transform", "hosting"] = "training"
    account: str | None = None
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    enable_network_isolation: bool = False
    role: str | None = None
    origin: Origin
