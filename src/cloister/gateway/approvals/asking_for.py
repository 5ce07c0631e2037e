"""What somebody is told whose move is refused and who may ask for it: how, or that it was asked for."""

from functools import partial
from typing import Final

import anyio.to_thread

from cloister.errors import Fault, RefusedError
from cloister.gateway.approvals.moves import Move
from cloister.gateway.approvals.requests import Requests
from cloister.gateway.guard import RequestFacts
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.judging import Judge, Judged
from cloister.gateway.rights.owning import owned
from cloister.verdict import Answer

ASK: Final = "cloister:RequestApproval"
_CREATED: Final = 201
_UNASKED: Final = "asked for by moving it"


async def refused_move(
    judge: Judge, asker: Asker, move: Move, judged: Judged, facts: RequestFacts, *, asks: bool
) -> RefusedError:
    """The refusal of a move. With `asks`, the request for it is recorded at once."""
    resource = move.resource
    context = await owned(asker, ASK, resource, judge.lookup, judge.makers)
    may_ask = asker.of_object(asker.asks(ASK, resource.name, context))
    if may_ask.answer is not Answer.ALLOW:
        return judged.refusal
    if not asks:
        return RefusedError(Fault(resource.name, judged.verdict.reason, f"ask for it: {move.how_to_ask}"))
    decided = await judge.guard.record(may_ask, asker.principal, ASK, resource.name, facts)
    ask = partial(Requests(judge.guard.engine).ask, move, asker.principal.name, _UNASKED, now=judge.guard.clock())
    asked = await anyio.to_thread.run_sync(ask)
    judge.guard.audit.outcome(decided.number, _CREATED)
    mend = (
        f"request {asked.number} waits for an approver: /cloister/approvals, or cloister model approve {asked.number}"
    )
    return RefusedError(Fault(resource.name, judged.verdict.reason, mend))
