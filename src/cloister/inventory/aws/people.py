"""Who may come in: user pools of Cognito, and roles of IAM with what they may do."""

from dataclasses import dataclass
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPool:
    """A user pool. `groups` are the names that its tokens carry."""

    name: str
    account: str | None = None
    allow_admin_create_user_only: bool = False
    mfa_configuration: Literal["OFF", "ON", "OPTIONAL"] = "OFF"
    password_minimum_length: int = 8
    advanced_security_mode: Literal["OFF", "AUDIT", "ENFORCED"] = "OFF"
    groups: tuple[str, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class IamPolicy:
    """A policy of a role: an IAM document as JSON text."""

    name: str
    policy: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class IamRole:
    """A role: who may assume it, and its policies. Of `managed_policies`, AWS's own by name, not all are known here."""

    name: str
    account: str | None = None
    assume_role_policy: str
    policies: tuple[IamPolicy, ...] = ()
    managed_policies: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    origin: Origin
