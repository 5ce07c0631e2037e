"""Decisions on requests whose body nobody shows.

What is decided on stands in the body of most of MLflow's requests. Without it there are two honest answers: who may
read every object there will ever be may read, and everybody else is refused. What changes something is refused in any
case, because a body can say more than the objects that it is about (tags, sources, places for files, a stage).
"""

from typing import Final

from cloister.access.decision import Breadth, refused
from cloister.gateway.mlflow.graphql import ACTIONS
from cloister.gateway.mlflow.routes import Route
from cloister.gateway.rights.asking import Asker
from cloister.verdict import Rule, Verdict

_RULE: Final = Rule("bodies that are not shown")
_MEND: Final = "send it to the gateway itself, or let the proxy show the body (Envoy: with_request_body)"


def judge_unseen(asker: Asker, route: Route) -> Verdict:
    """The verdict on a request of this route, whatever its body says."""
    request = asker.asks(route.action, "*")
    if not route.reads_only:
        reason = f"{route.action} says in its body what it changes, and the proxy does not show it"
        return refused(request, reason, _RULE, _MEND)
    is_graphql = route.resources[0].kind == "graphql"
    for action in (route.action, *(ACTIONS if is_graphql else ())):
        if asker.breadth(action, "") is not Breadth.ALL:
            reason = f"{asker.principal} may not {action} on everything, and the body that says on what is not shown"
            return refused(request, reason, _RULE, _MEND)
    return asker.decide(route.action, "*")
