"""What the desk asks the policies for, and what conditions see of a thing: whether it is the asker's own.

Whoever submitted a job, or made a schedule, owns it; so does whatever acts for that person.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from starlette.types import Scope

from cloister.access.conditions import Context
from cloister.access.principals import Principal
from cloister.gateway.guard import OWNED, See
from cloister.gateway.mlflow.resources import named
from cloister.gateway.rights.asking import Asker
from cloister.verdict import Answer

CREATE: Final = "cloister:CreateJob"
LIST: Final = "cloister:ListJobs"
READ: Final = "cloister:ReadJob"
CHANGE: Final = "cloister:ChangeJob"
CANCEL: Final = "cloister:CancelJob"
USE_COMPUTE: Final = "cloister:UseCompute"
READ_COMPUTE: Final = "cloister:ReadCompute"
MANAGE_COMPUTE: Final = "cloister:ManageCompute"
READ_AGENT: Final = "cloister:ReadAgent"
MANAGE_AGENT: Final = "cloister:ManageAgent"
READ_QUOTA: Final = "cloister:ReadQuota"
MANAGE_QUOTA: Final = "cloister:ManageQuota"
READ_ASSET: Final = "cloister:ReadAsset"
MANAGE_ASSET: Final = "cloister:ManageAsset"
WRITE_DATASTORE: Final = "cloister:WriteDatastore"
READ_SCHEDULE: Final = "cloister:ReadSchedule"
MANAGE_SCHEDULE: Final = "cloister:ManageSchedule"
EVERY_JOB: Final = "job/*"
# Whoever owns the thing of a name; None where there is none.
OwnerOf = Callable[[str], Awaitable[str | None]]


class Authorizer(Protocol):
    """Decides one request and writes the decision down; the gateway's guard is one."""

    async def admit(self, scope: Scope, action: str, resource: str, see: See) -> Asker:
        """Who asks, and may. Raises RefusedError."""


def owner_of(principal: Principal) -> str:
    """The person for whom the principal acts, or itself: to whom belongs what it makes."""
    return principal.on_behalf_of or principal.name


def ownership(asker: Asker, owner: str | None) -> Context:
    """What conditions see of a thing of that owner. What is not there is nobody's."""
    return {OWNED: (str(owner in asker.principal.persons).lower(),)}


def unseen() -> See:
    """For what belongs to nobody: conditions see nothing of it."""

    async def see(_asker: Asker) -> Context:
        return {}

    return see


def seen_as_own() -> See:
    """For a thing that is about to be the asker's own."""

    async def see(_asker: Asker) -> Context:
        return {OWNED: ("true",)}

    return see


def seen_of(owner: str | None) -> See:
    """For a thing of that owner."""

    async def see(asker: Asker) -> Context:
        return ownership(asker, owner)

    return see


def seen(name: str, owner_of: OwnerOf) -> See:
    """For a thing that somebody owns: who that is, is looked up where a policy looks at it."""

    async def see(asker: Asker) -> Context:
        return ownership(asker, await owner_of(name))

    return see


def may_read(asker: Asker, job: str, submitter: str) -> bool:
    """Whether a list shows the job to the asker."""
    request = asker.asks(READ, named("job", job), ownership(asker, submitter))
    return asker.of_object(request).answer is Answer.ALLOW


def may_read_asset(asker: Asker, resource: str) -> bool:
    """Whether a list shows the asset or the datastore to the asker."""
    return asker.of_object(asker.asks(READ_ASSET, resource)).answer is Answer.ALLOW


def may_see(asker: Asker, schedule: str, owner: str) -> bool:
    """Whether a list shows the schedule to the asker."""
    request = asker.asks(READ_SCHEDULE, named("schedule", schedule), ownership(asker, owner))
    return asker.of_object(request).answer is Answer.ALLOW
