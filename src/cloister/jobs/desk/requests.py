"""What a request to the desk holds, read with bounds; and its refusals as answers."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cloister.errors import Fault, SpecError
from cloister.gateway import faults
from cloister.jobs.errors import ConflictError, MissingError, TooLargeError

Handler = Callable[[Request], Awaitable[Response]]

_LONGEST_BODY = 8 * 1024 * 1024
_STATUS: tuple[tuple[type[SpecError], int], ...] = ((MissingError, 404), (ConflictError, 409), (TooLargeError, 413))


def told(handler: Handler) -> Handler:
    """The handler with our finer refusals as answers; all others are the gateway's to tell."""

    @wraps(handler)
    async def telling(request: Request) -> Response:
        try:
            return await handler(request)
        except (MissingError, ConflictError, TooLargeError) as error:
            answer = faults.answer(error)
            answer.status_code = next(status for kind, status in _STATUS if isinstance(error, kind))
            return answer

    return telling


async def body(request: Request, mend: str) -> dict[str, object]:
    """The JSON object that was sent. Raises SpecError with the mend, TooLargeError."""
    raw = bytearray()
    try:
        async for piece in request.stream():
            raw += piece
            if len(raw) > _LONGEST_BODY:
                raise TooLargeError(Fault("body", f"is larger than {_LONGEST_BODY} bytes", "split the pipeline"))
    except ClientDisconnect as error:
        raise SpecError(Fault("body", "broke off in the middle", "send it again")) from error
    try:
        found = json.loads(raw)
        # What no answer of ours could hold (half a letter, a number without end) would break every list that it is in.
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise SpecError(Fault("body", f"is no JSON: {str(error)[:200]}", mend)) from error
    if not isinstance(found, dict):
        raise SpecError(Fault("body", "is no JSON object", mend))
    return found


def value(adapter: TypeAdapter[Any], document: object, mend: str) -> Any:  # noqa: ANN401 - the adapter's type
    """The value of a document. Raises SpecError with every fault; unknown keys are faults."""
    try:
        return adapter.validate_python(document, extra="forbid")
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise SpecError([Fault(".".join(map(str, one["loc"])) or "body", one["msg"], mend) for one in found]) from error


def number(request: Request, name: str, default: int) -> int:
    """A whole number of the query."""
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:  # noqa: PLR2004 - no offset is longer
        raise SpecError(Fault(name, f'"{text[:40]}" is no whole number', f"give {name} as digits"))
    return int(text)
