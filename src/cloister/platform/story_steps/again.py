"""Step: press Ctrl-C, see that nothing is left, start again, and find everything that was there before."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cloister.platform.home import home_at
from cloister.platform.ports import fault_of_port
from cloister.platform.records import read_records
from cloister.platform.roles_walk import EXPERIMENT
from cloister.platform.story import Context, expect
from cloister.platform.story_steps.asking import MLFLOW, asked
from cloister.platform.story_steps.gateway import check_roles, start


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
    found = asked(context, "admin", "POST", f"{MLFLOW}/experiments/search", {"max_results": 1000})
    experiments = found.get("experiments", [])
    wanted = {"experiment_ids": [one["experiment_id"] for one in experiments], "max_results": 1000}
    runs = asked(context, "admin", "POST", f"{MLFLOW}/runs/search", wanted).get("runs", [])
    found = asked(context, "admin", "GET", f"{MLFLOW}/registered-models/search?max_results=100")
    models = found.get("registered_models", [])
    found = asked(context, "admin", "GET", f"{MLFLOW}/model-versions/search?max_results=100")
    versions = found.get("model_versions", [])
    endpoints = asked(context, "admin", "GET", "/cloister/v1/online-endpoints")
    jobs = asked(context, "admin", "GET", "/cloister/v1/jobs")["jobs"]
    audit = asked(context, "admin", "GET", "/cloister/v1/audit/verify")
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
