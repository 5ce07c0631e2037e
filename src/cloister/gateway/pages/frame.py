"""The frame of the gateway's own pages: plain HTML without scripts, which nothing can be loaded into or framed by."""

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse

from cloister.gateway.mlflow.canonical import ambiguous
from cloister.gateway.passing.forwarding import read_body

HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Under "no-referrer" a browser sends "Origin: null" with the form, and we could not tell it from another site.
    "referrer-policy": "same-origin",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
}
_LARGEST_FORM: Final = 8192
_NARROW: Final = "width: 386px;"
_WIDE: Final = "width: min(960px, 92vw); margin: 32px 0;"
_FRAME: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - Cloister</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: #f4f5f7; color: #1b1f24; }}
main {{ background: #fff; border: 1px solid #d8dde3; border-radius: 8px; padding: 32px;
  box-sizing: border-box; {width} }}
h1 {{ font-size: 20px; margin: 0 0 4px; }}
p {{ margin: 0 0 20px; color: #57606a; }}
p.fault {{ color: #b3261e; }}
p.or {{ margin: 20px 0; text-align: center; }}
label {{ display: block; margin-bottom: 16px; }}
input, textarea {{ box-sizing: border-box; width: 100%; padding: 8px 10px; font: inherit; border: 1px solid #8c959f;
  border-radius: 6px; }}
textarea {{ font: 12px/1.4 ui-monospace, monospace; resize: vertical; word-break: break-all; }}
button, a.button {{ box-sizing: border-box; display: block; width: 100%; padding: 10px; font: inherit; color: #fff;
  background: #0b5cad; border: 1px solid #0b5cad; border-radius: 6px; text-align: center; text-decoration: none; }}
a.button {{ margin-bottom: 12px; }}
p.or ~ form button {{ color: #0b5cad; background: #fff; }}
h2 {{ font-size: 17px; margin: 0 0 8px; }}
section {{ border-top: 1px solid #d8dde3; padding: 20px 0; }}
dl {{ display: grid; grid-template-columns: 140px 1fr; gap: 4px 16px; margin: 0 0 16px; }}
dt {{ color: #57606a; }}
dd {{ margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }}
.choice {{ display: flex; gap: 12px; align-items: end; }}
.choice label {{ flex: 1; margin: 0; }}
.choice button {{ width: auto; padding: 9px 20px; }}
button.no {{ color: #b3261e; background: #fff; border-color: #b3261e; }}
</style></head><body><main>
<h1>Cloister</h1>
{content}
</main></body></html>
"""


def page(title: str, content: str, status: int = 200, *, is_wide: bool = False) -> HTMLResponse:
    """A page; the content is HTML."""
    width = _WIDE if is_wide else _NARROW
    return HTMLResponse(_FRAME.format(title=title, content=content, width=width), status, HEADERS)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form that a browser sends, each of which stands once. Raises SpecError on anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise ambiguous(thing="Content-Type", reason="is not that of a form")
    body = await read_body(request.receive, _LARGEST_FORM)
    try:
        found = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10, errors="strict")
    except ValueError as error:
        raise ambiguous(thing="form", reason="cannot be read") from error
    return {name: values[0] for name, values in found.items() if len(values) == 1}
