"""Step: blue, then green at 10 % of the traffic, then a mirror, then back; scored over HTTP with real rows."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from cloister.loopback import http_client
from cloister.platform.story import Context, expect
from cloister.platform.story_steps.asking import asked, asking, wait_for
from cloister.platform.story_steps.calling import call
from cloister.platform.story_steps.gate import approve
from cloister.platform.story_steps.pipeline import EXAMPLE, token, wait_for_job

ENDPOINT = "breast-cancer"
_REFUSED = 10
# Of n requests with a share p, all but one in a million draws lie within five standard deviations.
_DEVIATIONS = 5.0
_SHARE = 0.1
_MIRROR_SECONDS = 30.0
# At 50 %, none of so many is copied once in 2^40 stories.
_MIRRORED_ROWS = 40
_READY_SECONDS = 180.0
_SCORING_SECONDS = 60.0


def run(context: Context, say: Callable[[str], None], /) -> Context:
    """Blue answers; green gets its tenth, then copies only; the rollback gives back the traffic of before."""
    manage(context, "online-endpoint", "create", "--file", _file(context, "endpoint.yml"))
    manage(context, "online-deployment", "create", "--file", _file(context, "blue.yml"), "--no-wait")
    wait_for_job(context, context.notes["second_job"])
    manage(context, "online-deployment", "create", "--file", _file(context, "green.yml"), code=_REFUSED)
    approve(context, "2")
    manage(context, "online-deployment", "update", "--file", _file(context, "green.yml"), "--no-wait")
    write_batches(context)
    _wait_until_ready(context, "blue")
    manage(context, "online-endpoint", "update", "--name", ENDPOINT, "--traffic", "blue=100")
    rows = read_batch(context, "unshifted")
    _score_blue(context, rows, say)
    _wait_until_ready(context, "green")
    say("green was refused until an approver had moved its version to production, and is ready now")
    _split(context, rows, say)
    _mirror(context, rows, say)
    return context


def manage(context: Context, *words: str, code: int = 0, who: str = "admin") -> None:
    """A verb of online endpoints, as somebody."""
    call(context, *words, code=code, token=token(context, who))


def write_batches(context: Context) -> None:
    """Write the example's rows: patients as in training, and the same as another microscope would measure them."""
    folder = context.folder / EXAMPLE / "endpoint"
    done = subprocess.run(
        [sys.executable, "batches.py", "."], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    expect("batches.py", f"ended with code {done.returncode}: {done.stderr}", holds=done.returncode == 0)


def read_batch(context: Context, name: str) -> dict[str, Any]:
    """The rows of a batch in MLflow's `dataframe_split` form."""
    document = json.loads(Path(_file(context, f"{name}.json")).read_text(encoding="utf-8"))
    rows: dict[str, Any] = document["dataframe_split"]
    return rows


def score(http: httpx.Client, context: Context, rows: dict[str, Any], **headers: str) -> httpx.Response:
    """Score rows over HTTP; raise where the endpoint does not answer with predictions."""
    address = f"http://127.0.0.1:{context.serving_port}/endpoints/{ENDPOINT}/invocations"
    answer = http.post(address, json={"dataframe_split": rows}, headers=headers, timeout=_SCORING_SECONDS)
    expect(f"endpoint {ENDPOINT}", f"answered {answer.status_code}: {answer.text[:500]}", holds=answer.is_success)
    count = len(answer.json()["predictions"])
    expect(f"endpoint {ENDPOINT}", f"gave {count} predictions", holds=count == len(rows["data"]))
    return answer


def _file(context: Context, name: str) -> str:
    return str(context.folder / EXAMPLE / "endpoint" / name)


def _wait_until_ready(context: Context, name: str) -> None:
    def look() -> str:
        found = asked(context, "admin", "GET", f"/cloister/v1/online-deployments/{ENDPOINT}/{name}")
        expect(f"deployment {name}", f"failed: {found['reason']}", holds=found["state"] != "Failed")
        return "" if found["state"] == "Succeeded" else f"it is {found['state']}"

    wait_for(f"deployment {name}", _READY_SECONDS, look)


def _score_blue(context: Context, rows: dict[str, Any], say: Callable[[str], None]) -> None:
    with asking(context, "admin") as http:
        answer = score(http, context, rows)
    benign = sum(answer.json()["predictions"])
    say(f"blue scored {len(rows['data'])} rows, {benign} of them benign")
    with http_client(f"http://127.0.0.1:{context.serving_port}") as nobody:
        status = nobody.post(f"/endpoints/{ENDPOINT}/invocations", json={"dataframe_split": rows}).status_code
    expect(f"endpoint {ENDPOINT}", f"answered {status} without a token", holds=status == httpx.codes.UNAUTHORIZED)


def _split(context: Context, rows: dict[str, Any], say: Callable[[str], None]) -> None:
    update = ("online-endpoint", "update", "--name", ENDPOINT, "--traffic", "blue=90 green=10")
    manage(context, *update, code=_REFUSED, who="reader")
    manage(context, *update)
    counts = Counter(_one_by_one(context, rows))
    total = counts.total()
    spread = _DEVIATIONS * (total * _SHARE * (1 - _SHARE)) ** 0.5
    told = f"answered {counts['green']} of {total} at 10 %"
    expect("green", told, holds=counts["green"] > 0 and abs(counts["green"] - total * _SHARE) <= spread)
    say(f"green {told}, blue the others")


def _mirror(context: Context, rows: dict[str, Any], say: Callable[[str], None]) -> None:
    words = ("online-endpoint", "update", "--name", ENDPOINT, "--traffic", "blue=100", "--mirror-traffic", "green=50")
    before = _copies(context)
    manage(context, *words)
    counts = Counter(_one_by_one(context, {**rows, "data": rows["data"][:_MIRRORED_ROWS]}))
    expect("blue", f"answered {counts['blue']} of {counts.total()}", holds=set(counts) == {"blue"})
    wait_for("green", _MIRROR_SECONDS, lambda: "" if _copies(context) > before else "it got no copy of a request")
    say(f"mirrored: blue answered all {counts.total()}, green got {_copies(context) - before} copies")
    manage(context, "online-endpoint", "rollback", "--name", ENDPOINT)
    routing = asked(context, "admin", "GET", f"/cloister/v1/online-endpoints/{ENDPOINT}")["endpoint"]["routing"]
    wanted = {"traffic": {"blue": 90, "green": 10}, "mirror": {}}
    expect("rollback", f"gave {routing}", holds=routing == wanted)
    say("rollback: blue=90 green=10 again, no mirror")


def _one_by_one(context: Context, rows: dict[str, Any]) -> Sequence[str]:
    """Who answered each row, sent as a request of its own."""
    with asking(context, "admin") as http:
        return [
            score(http, context, {"columns": rows["columns"], "data": [row]}).headers["x-cloister-deployment"]
            for row in rows["data"]
        ]


def _copies(context: Context) -> int:
    """How many mirrored requests green has on record."""
    folder = context.home / "serving" / "collected" / ENDPOINT / "green"
    lines = (line for path in folder.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines())
    return sum('"mirrored": true' in line or '"mirrored":true' in line for line in lines)
