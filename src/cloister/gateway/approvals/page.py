"""The page `/cloister/approvals`: what waits for a decision, with what there is to know about it, and two buttons.

The session's cookie vouches for whoever decides, and a form from another site is refused by the session itself (Fetch
Metadata, Origin). Everything shown is somebody else's word, so all of it is escaped.
"""

import html
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cloister.errors import CloisterError
from cloister.gateway import faults
from cloister.gateway.approvals.desk import Brought, Desk, decode_faults
from cloister.gateway.approvals.requests import State
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.mlflow.canonical import ambiguous
from cloister.gateway.pages.frame import HEADERS, page, read_form
from cloister.gateway.rights.asking import Asker

_PATH: Final = "/cloister/approvals"
_LOGIN: Final = f"/cloister/login?next={_PATH}"
_UNKNOWN: Final = "not recorded, so it cannot be approved"
_FORM: Final = """<form method="post" action="{path}/{number}"><div class="choice">
<label>Comment<input name="comment" maxlength="2000"></label>
{approve}<button class="no" name="decision" value="reject">Reject</button></div></form>"""
_APPROVE: Final = '<button name="decision" value="approve">Approve</button>\n'
_OWN: Final = "<p>You had a part in making it, so somebody else approves it.</p>"


class ApprovalPage:
    """The page and what its forms do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """What is mounted under `/cloister/`."""
        return [
            Route(_PATH, self.show, methods=["GET"]),
            Route(_PATH + "/{number:int}", self.decide, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The open requests; the login page for whom nobody knows."""
        try:
            return await self._shown(request, "", 200)
        except UnauthenticatedError:
            return RedirectResponse(_LOGIN, 303, HEADERS)
        except CloisterError as error:
            return _told(error)

    async def decide(self, request: Request) -> Response:
        """The decision carried out, and the page again: with the reason, where it was refused."""
        try:
            fields = await read_form(request)
            number, comment = request.path_params["number"], fields.get("comment", "")
            if fields.get("decision") == "approve":
                carried = await self._desk.approve(request.scope, number, comment)
                if not carried.is_success:
                    return await self._shown(request, decode_faults(carried), carried.status)
            elif fields.get("decision") == "reject":
                await self._desk.reject(request.scope, number, comment)
            else:
                raise ambiguous(thing="decision", reason="is neither approve nor reject")
        except CloisterError as error:
            return _told(error)
        return RedirectResponse(_PATH, 303, HEADERS)

    async def _shown(self, request: Request, message: str, status: int) -> Response:
        asker, found = await self._desk.listed(request.scope, State.OPEN)
        fault = f'<p class="fault">{html.escape(message)}</p>' if message else ""
        listed = "\n".join(_section(one, asker) for one in found) or "<p>Nothing waits for a decision.</p>"
        heading = f"<p>Requests for approval, for {html.escape(asker.principal.name)}</p>"
        return page("Approvals", f"{heading}{fault}{listed}", status, is_wide=True)


def _told(error: CloisterError) -> Response:
    content = f'<p class="fault">{html.escape(str(error))}</p><p><a href="{_PATH}">Back</a></p>'
    return page("Approvals", content, faults.status_of(error), is_wide=True)


def _section(brought: Brought, asker: Asker) -> str:
    request = brought.request
    is_own = bool(brought.makers and asker.principal.persons & brought.makers)
    form = ""
    if brought.may_decide:
        form = _OWN * is_own + _FORM.format(path=_PATH, number=request.number, approve="" if is_own else _APPROVE)
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{value}</dd>" for name, value in _rows(brought).items())
    title = html.escape(f"Request {request.number}: {request.move}")
    return f"<section><h2>{title}</h2><dl>{rows}</dl>{form}</section>"


def _rows(brought: Brought) -> Mapping[str, str]:
    """What is shown of a request, as HTML."""
    request, version = brought.request, brought.version
    aliases = version.get("aliases")
    texts = {
        "asked by": f"{request.asked_by}, {request.asked_at:%Y-%m-%d %H:%M} UTC",
        "reason": request.reason,
        "stage now": str(version.get("current_stage") or "the version is gone"),
        "aliases now": ", ".join(map(str, aliases)) if isinstance(aliases, list) and aliases else "none",
        "made by": ", ".join(sorted(brought.makers)) if brought.makers else _UNKNOWN,
        "metrics": "\n".join(f"{name}  {value}" for name, value in sorted(brought.metrics.items())) or "none",
    }
    return {name: html.escape(text) for name, text in texts.items()} | {"run": _run(brought)}


def _run(brought: Brought) -> str:
    """The run, with the way to it in MLflow's page, where the asker may read it."""
    info = brought.run.get("info")
    if not isinstance(info, dict):
        return html.escape(str(brought.version.get("run_id") or "none"))
    experiment, run = quote(str(info["experiment_id"]), safe=""), quote(str(info["run_id"]), safe="")
    return f'<a href="/#/experiments/{experiment}/runs/{run}">{html.escape(str(info["run_id"]))}</a>'
