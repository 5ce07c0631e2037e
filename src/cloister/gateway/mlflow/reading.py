"""A request on a served route, read once: its JSON body whole, a stream not at all."""

from starlette.types import Receive, Scope

from cloister.gateway.mlflow.canonical import Canonical, ambiguous, canonical, read_json
from cloister.gateway.mlflow.otlp import read_otlp
from cloister.gateway.mlflow.routes import Match
from cloister.gateway.passing.forwarding import check_json_type, declares_body, read_body


async def read_request(match: Match, scope: Scope, receive: Receive, largest_json_bytes: int) -> Canonical:
    """The request with its one reading. Raises SpecError on what could be read in two ways, or is too large."""
    route = match.route
    if route.body == "otlp":
        text = await read_body(receive, largest_json_bytes)
        return read_otlp(match, scope["headers"], scope["query_string"], text, largest_json_bytes)
    document = None
    if route.body == "json":
        if declares_body(scope["headers"]):
            check_json_type(scope["headers"])
        document = read_json(await read_body(receive, largest_json_bytes), empty_is_object=True)
    elif route.body == "-" and declares_body(scope["headers"]):
        raise ambiguous(thing=f"body of {route.method}", reason="does not belong here, and MLflow would read it")
    return canonical(match, scope["query_string"], document)
