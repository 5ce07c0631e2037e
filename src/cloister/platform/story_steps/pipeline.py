"""Step: run a pipeline of Azure ML v2 YAML, kill its agent in the middle, and see it resume."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from typing import Any

from cloister.platform.examples import examples_folder
from cloister.platform.home import home_at
from cloister.platform.records import read_records
from cloister.platform.story import Context, expect
from cloister.platform.story_steps.asking import MLFLOW, asked, wait_for
from cloister.platform.story_steps.calling import call

EXAMPLE = "breast-cancer"
MODEL = "breast-cancer"
_STEPS = ("prepare", "train", "evaluate", "register")
_JOB_SECONDS = 240.0
_ENDED = frozenset({"Completed", "Failed", "Canceled"})


def run(context: Context, say: Callable[[str], None], /) -> Context:
    """Four steps, each its own process and its own identity; the finished ones do not run again after a kill."""
    shutil.copytree(examples_folder() / EXAMPLE, context.folder / EXAMPLE)
    job = submit(context)
    say(f"job {job} is queued")
    _wait_for_step(context, job, _STEPS[0])
    killed = _kill_agent(context)
    say(f"killed the agent (process {killed}) after step {_STEPS[0]}")
    # The model of green, trained beside the first: two cores have room for two jobs.
    second = submit(context, "--set", "inputs.regularization=3.0")
    found = wait_for_job(context, job)
    attempts = {step["name"]: step["attempt"] for step in found["steps"]}
    expect(f"job {job}", f"has other steps: {sorted(attempts)}", holds=set(attempts) == set(_STEPS))
    expect(f"job {job}", f"ran step {_STEPS[0]} again after it had finished", holds=attempts[_STEPS[0]] == 1)
    say("resumed and completed: " + ", ".join(f"{step['name']} {step['seconds']:.1f} s" for step in found["steps"]))
    _check_identities(context, found)
    say("each step was logged to MLflow under an identity of its own")
    return context.noting(second_job=second)


def submit(context: Context, *options: str) -> str:
    """Create the example's job as the administrator; its name."""
    file = str(context.folder / EXAMPLE / "pipeline.yml")
    told = call(context, "job", "create", "--file", file, "--format", "json", *options, token=token(context, "admin"))
    return str(json.loads(told.out)["name"])


def token(context: Context, who: str) -> str:
    """The bearer token of a person."""
    return context.notes[f"token_{who}"]


def wait_for_job(context: Context, job: str) -> dict[str, Any]:
    """The job once it has completed; raise where it ends otherwise."""

    def look() -> str:
        status = asked(context, "admin", "GET", f"/cloister/v1/jobs/{job}")["status"]
        return "" if status in _ENDED else f"it is {status}"

    wait_for(f"job {job}", _JOB_SECONDS, look)
    found: dict[str, Any] = asked(context, "admin", "GET", f"/cloister/v1/jobs/{job}")
    reasons = "; ".join(f"{step['name']}: {step['reason']}" for step in found["steps"] if step["reason"])
    expect(f"job {job}", f"is {found['status']}: {reasons}", holds=found["status"] == "Completed")
    return found


def _wait_for_step(context: Context, job: str, name: str) -> None:
    def look() -> str:
        steps = {step["name"]: step for step in asked(context, "admin", "GET", f"/cloister/v1/jobs/{job}")["steps"]}
        expect(f"step {name}", steps[name]["reason"], holds=steps[name]["status"] != "Failed")
        return "" if steps[name]["status"] == "Completed" else f"it is {steps[name]['status']}"

    wait_for(f"step {name} of {job}", _JOB_SECONDS, look)


def _kill_agent(context: Context) -> int:
    """Kill the agent as a crash would (kill -9), and leave it to the platform to start another."""
    agents = [record for record in read_records(home_at(context.home)) if record.name == "agent"]
    expect("the agent", "is not on record as running", holds=len(agents) == 1)
    os.kill(agents[0].identity.pid, signal.SIGKILL)
    return agents[0].identity.pid


def _check_identities(context: Context, job: dict[str, Any]) -> None:
    """Each step has a run in MLflow, written by the step's own principal on behalf of who submitted the job."""
    for step in job["steps"]:
        principal = f"job/{job['name']}/{step['name']}"
        found = asked(context, "admin", "GET", f"{MLFLOW}/runs/get?run_id={step['run_id']}")["run"]
        status = found["info"]["status"]
        expect(f"run of step {step['name']}", f"is {status}", holds=status == "FINISHED")
        records = asked(context, "admin", "GET", f"/cloister/v1/audit?principal={principal}")["records"]
        wrote = [one for one in records if one["decision"] == "ALLOW" and one["on_behalf_of"] == "admin"]
        expect(principal, "is not in the record of decisions", holds=bool(wrote))
