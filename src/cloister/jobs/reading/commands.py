"""A command: as a job of its own, as a step, from a component."""

from dataclasses import replace

from cloister.jobs.planning.job import Step
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.steps import Written, common, with_environment


def command_step(written: Written, findings: Findings) -> Step:
    """The step that runs the command."""
    step = with_environment(common(written, findings), written, findings)
    command = written.component.text("command")
    if not command.strip():
        findings.refuse(written.thing, "has no command", 'add the key "command"', written.component.origin())
    return replace(step, command=command)
