"""What can be said of a request whose body and objects are not looked at: that it may be allowed, or that it never is.

Before the gateway that is enough: whatever this lets through is judged again, exactly, by the gateway behind it.
"""

from typing import Final

from cloister.access.decision import Breadth, refused
from cloister.gateway.mlflow.graphql import ACTIONS
from cloister.gateway.mlflow.routes import Route
from cloister.gateway.rights.asking import Asker
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_RULE: Final = Rule("decided by the gateway behind")


def judge_coarsely(asker: Asker, route: Route) -> Verdict:
    """ALLOW where some object there could be is allowed, DENY where none is."""
    for action in (route.action, *(sorted(ACTIONS) if route.resources[0].kind == "graphql" else ())):
        if asker.breadth(action, "") is not Breadth.NONE:
            reason = f"{asker.principal} may {action} on something; the gateway behind decides on what"
            return Verdict(Answer.ALLOW, reason, (Step(Layer.AUTHORIZATION, "*", Outcome.PASS, reason, _RULE),))
    reason = f"{asker.principal} may {route.action} on nothing"
    mend = f"ask an administrator for a role that allows {route.action}"
    return refused(asker.asks(route.action, "*"), reason, Rule("deny by default"), mend)
