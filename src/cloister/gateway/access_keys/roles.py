"""Roles that may be assumed: the groups whose rights they give, and a trust policy that says who may.

A trust policy is an IAM document whose principals are of this platform: `arn:aws:iam::ACCOUNT:user/ada`, `group/NAME`,
`workload/nightly`, or `arn:aws:iam::ACCOUNT:root` for everybody with an access key here. Its conditions may look at
`sts:ExternalId` and `sts:RoleSessionName` beside what every request brings.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, delete, insert, select

from cloister.access.conditions import Context
from cloister.access.policies import Effect, Statement, read_policy
from cloister.access.principals import Principal
from cloister.errors import Fault, SpecError
from cloister.gateway.access_keys.kept import WORKLOAD_PREFIX
from cloister.gateway.tables import ASSUMABLE_ROLES

ASSUME: Final = "sts:AssumeRole"
SHORTEST_SECONDS: Final = 900
LONGEST_SECONDS: Final = 12 * 3600
_NAME: Final = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
_PRINCIPAL: Final = re.compile(r"arn:aws:iam::[0-9]{12}:(root|(user|group|workload)/[^\s*?$]+)")


@dataclass(frozen=True, slots=True)
class Trust:
    """One statement of a trust policy: whom it speaks of, and what else must hold."""

    principals: tuple[str, ...]
    statement: Statement

    def speaks_of(self, arns: Collection[str], context: Context) -> bool:
        """Whether it speaks of somebody who goes by these ARNs, asking with this context."""
        return not set(arns).isdisjoint(self.principals) and self.statement.matches(ASSUME, "*", context)


@dataclass(frozen=True, slots=True)
class AssumableRole:
    """A role that may be assumed."""

    name: str
    groups: tuple[str, ...]
    trust: str
    longest_seconds: int

    def trusts(self, arns: Collection[str], context: Context) -> bool:
        """Whether its trust policy lets somebody who goes by these ARNs assume it; an explicit deny wins."""
        effects = {one.statement.effect for one in read_trust(self.trust, self.name) if one.speaks_of(arns, context)}
        return effects == {Effect.ALLOW}


def arns_of(principal: Principal, account: str) -> tuple[str, ...]:
    """What trust policies may call a principal by: its own name, each of its groups, and everybody."""
    iam = f"arn:aws:iam::{account}:"
    groups = (f"{iam}group/{group}" for group in principal.groups)
    return arn_of(principal, account), *groups, f"{iam}root"


def arn_of(principal: Principal, account: str) -> str:
    """The name of a principal as AWS writes it."""
    if principal.name.startswith("role/"):
        return f"arn:aws:sts::{account}:assumed-{principal.name}"
    if principal.name.startswith(WORKLOAD_PREFIX):
        return f"arn:aws:iam::{account}:workload/{principal.name.removeprefix(WORKLOAD_PREFIX)}"
    return f"arn:aws:iam::{account}:user/{principal.name}"


def read_trust(text: str, name: str) -> tuple[Trust, ...]:
    """The statements of a trust policy. Raises SpecError with what cannot be understood."""
    principals: list[tuple[str, ...]] = []
    try:
        document = json.loads(text)
        statements = document["Statement"]
        listed: list[dict[str, object]] = [statements] if isinstance(statements, dict) else list(statements)
        for statement in listed:
            principals.append(_principals(statement.pop("Principal", None), name))
            if statement.get("Action") != ASSUME or {"Resource", "NotResource", "NotAction"} & set(statement):
                raise _fault(name, f"has a statement on something else than {ASSUME}")
            statement["Resource"] = "*"
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _fault(name, "is not an IAM document with statements") from error
    policy = read_policy(json.dumps(document | {"Statement": listed}), f"of trust in {name}")
    return tuple(Trust(whom, statement) for whom, statement in zip(principals, policy.statements, strict=True))


def put(engine: Engine, role: AssumableRole, *, now: datetime, by: str) -> None:
    """Let the role be this one. Raises SpecError where it cannot be."""
    if not _NAME.fullmatch(role.name):
        raise SpecError(Fault(f'role "{role.name}"', "is no name of a role", "use letters, digits and +=,.@_-"))
    if not SHORTEST_SECONDS <= role.longest_seconds <= LONGEST_SECONDS:
        mend = f"choose {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds"
        raise SpecError(Fault(f'role "{role.name}"', f"may be assumed for {role.longest_seconds} seconds", mend))
    read_trust(role.trust, role.name)
    row = {"name": role.name, "groups": json.dumps(sorted(set(role.groups))), "trust": role.trust}
    with engine.begin() as connection:
        connection.execute(delete(ASSUMABLE_ROLES).where(ASSUMABLE_ROLES.c.name == role.name))
        connection.execute(
            insert(ASSUMABLE_ROLES).values(**row, longest_seconds=role.longest_seconds, changed_by=by, changed_at=now)
        )


def find(engine: Engine, name: str) -> AssumableRole | None:
    """The role of that name, or None."""
    return next((role for role in list_roles(engine) if role.name == name), None)


def list_roles(engine: Engine) -> list[AssumableRole]:
    """Every role, by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(ASSUMABLE_ROLES).order_by(ASSUMABLE_ROLES.c.name)).all()
    return [AssumableRole(row.name, tuple(json.loads(row.groups)), row.trust, row.longest_seconds) for row in rows]


def remove(engine: Engine, name: str) -> bool:
    """Delete a role, which ends whatever was assumed of it; whether there was one."""
    with engine.begin() as connection:
        return connection.execute(delete(ASSUMABLE_ROLES).where(ASSUMABLE_ROLES.c.name == name)).rowcount > 0


def _principals(element: object, name: str) -> tuple[str, ...]:
    named = element.get("AWS") if isinstance(element, Mapping) and set(element) == {"AWS"} else None
    texts = [named] if isinstance(named, str) else named
    if not isinstance(texts, list) or not texts or not all(_is_principal(text) for text in texts):
        raise _fault(name, "has a statement without principals that can be understood")
    return tuple(texts)


def _is_principal(text: object) -> bool:
    return isinstance(text, str) and _PRINCIPAL.fullmatch(text) is not None


def _fault(name: str, reason: str) -> SpecError:
    mend = (
        'write {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/ada"}}'
    )
    return SpecError(Fault(f'trust policy of role "{name}"', reason, mend))
