"""Step: press Ctrl-C, see that nothing is left, start again, and find everything that was there before."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from cloister.platform.home import home_at
from cloister.platform.ports import fault_of_port
from cloister.platform.records import read_records
from cloister.platform.roles_walk import EXPERIMENT
from cloister.platform.story import Context, expect
from cloister.platform.story_steps.gateway import check_roles, start

_MLFLOW = "/api/2.0/mlflow"


@dataclass(frozen=True, slots=True)
class Kept:
    """What must still be there: names and ids by kind, and how many decisions are on record."""

    things: Mapping[str, frozenset[str]]
    records: int


def run(context: Context, say: Callable[[str], None], /) -> Context:
    """Ctrl-C ends every process and frees the ports; the next start has all runs, models, endpoints and records."""
    before = _kept(context)
    begun = time.monotonic()
    code = context.running.interrupt()
    expect("cloister up", f"ended with code {code} after Ctrl-C", holds=code == 0)
    expect("cloister up", "left records of processes behind", holds=not read_records(home_at(context.home)))
    for port in (context.port, context.serving_port):
        expect(f"port {port}", "is still taken after Ctrl-C", holds=fault_of_port(port, "--port") is None)
    say(f"Ctrl-C stopped every process within {time.monotonic() - begun:.1f} s")
    context, ready = start(context)
    expect("cloister up", "made logins anew on its second start", holds=not ready.logins)
    check_roles(ready, say)
    after = _kept(context)
    for kind, things in before.things.items():
        lost = ", ".join(sorted(things - after.things[kind]))
        expect(kind, f"are gone after the second start: {lost}", holds=not lost)
    expect("the record of decisions", "lost some", holds=after.records >= before.records)
    counted = ", ".join(f"{len(things)} {kind}" for kind, things in before.things.items())
    say(f"still there: {counted}, {before.records} decisions in an unbroken chain")
    return context


def _kept(context: Context) -> Kept:
    """What the platform has now, asked for as an administrator."""
    headers = {"authorization": f"Bearer {context.notes['token_admin']}"}
    with httpx.Client(base_url=context.url, headers=headers, timeout=60.0, trust_env=False) as http:
        found = _asked(http, "POST", f"{_MLFLOW}/experiments/search", {"max_results": 1000})
        experiments = found.get("experiments", [])
        wanted = {"experiment_ids": [one["experiment_id"] for one in experiments], "max_results": 1000}
        runs = _asked(http, "POST", f"{_MLFLOW}/runs/search", wanted).get("runs", [])
        models = _asked(http, "GET", f"{_MLFLOW}/registered-models/search?max_results=100").get("registered_models", [])
        versions = _asked(http, "GET", f"{_MLFLOW}/model-versions/search?max_results=100").get("model_versions", [])
        endpoints = _asked(http, "GET", "/cloister/v1/online-endpoints")
        jobs = _asked(http, "GET", "/cloister/v1/jobs")["jobs"]
        audit = _asked(http, "GET", "/cloister/v1/audit/verify")
    expect("the record of decisions", f"is broken: {audit['break']}", holds=audit["break"] is None)
    things = {
        "experiments": frozenset(one["name"] for one in experiments),
        "runs": frozenset(one["info"]["run_id"] for one in runs),
        "models": frozenset(one["name"] for one in models),
        "model versions": frozenset(f"{one['name']}/{one['version']}" for one in versions),
        "endpoints": frozenset(one["endpoint"]["name"] for one in endpoints),
        "jobs": frozenset(one["name"] for one in jobs),
    }
    expect("experiments", f"lack {EXPERIMENT}", holds=EXPERIMENT in things["experiments"])
    return Kept(things, audit["records"])


def _asked(http: httpx.Client, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - any JSON
    answer = http.request(method, path, json=body)
    expect(f"{method} {path}", f"was answered with {answer.status_code}: {answer.text[:500]}", holds=answer.is_success)
    return answer.json()
