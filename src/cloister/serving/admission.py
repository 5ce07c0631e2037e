"""Who may score: the port through which the router asks, for each request, before it looks at anything else."""

from typing import Protocol

from starlette.requests import Request

INVOKE = "cloister:InvokeEndpoint"
READ = "cloister:ReadEndpoint"
MANAGE = "cloister:ManageEndpoint"


class Authorizer(Protocol):
    """Decides one request, and writes the decision down where decisions are kept."""

    async def admit(self, request: Request, action: str, resource: str) -> str:
        """The name of the principal who asks. Raises UnauthenticatedError (401) or RefusedError (403)."""


def resource_of(endpoint: str) -> str:
    """The name of an endpoint in policies."""
    return f"online-endpoint/{endpoint}"
