"""Step: prove that the environment is closed and usable, and that a known bad one is found to be neither."""

import json
from collections.abc import Callable

from cloister.ask.judgement import Standing, judge
from cloister.platform.story import Context, expect
from cloister.platform.story_steps.calling import call
from cloister.sources.reading import read

QUESTION = "compute -> workspace:443"
BAD_BLUEPRINT = "azure-published-terraform"
_LEAST_INTENTS = 15
_FINDINGS = 10
_TRACE_LAYERS = frozenset({"name", "route", "filter", "endpoint", "return"})


def run(context: Context, say: Callable[[str], None], /) -> Context:
    """`check` holds, `ask` answers with its whole trace, and the bad blueprint is refused with mends."""
    call(context, "check")
    judgement = judge(read(context.spec))
    intents = (*judgement.closure, *judgement.flow)
    expect("cloister check", f"judges only {len(intents)} intents", holds=len(intents) >= _LEAST_INTENTS)
    missed = [one.intent.name for one in intents if one.standing is not Standing.MET]
    expect("cloister check", f"does not hold: {', '.join(missed)}", holds=not missed)
    say(f"closure {len(judgement.closure)} and flow {len(judgement.flow)} intents met")
    _ask(context, say)
    _check_bad(context, say)
    return context


def _ask(context: Context, say: Callable[[str], None]) -> None:
    answer = json.loads(call(context, "ask", QUESTION, "--format", "json").out)
    expect(QUESTION, f"is answered with {answer['answer']}", holds=answer["answer"] == "ALLOW")
    layers = {step["layer"] for step in answer["trace"]}
    absent = ", ".join(sorted(_TRACE_LAYERS - layers))
    expect(QUESTION, f"its trace says nothing about: {absent}", holds=not absent)
    say(f"{QUESTION}: {answer['answer']}, {len(answer['trace'])} steps")


def _check_bad(context: Context, say: Callable[[str], None]) -> None:
    folder = context.folder / "bad"
    folder.mkdir()
    call(context, "init", BAD_BLUEPRINT, folder=folder)
    told = call(context, "check", code=_FINDINGS, folder=folder)
    mends = sum("mend:" in line for line in told.out.splitlines())
    expect(BAD_BLUEPRINT, "its defects are told without a mend", holds=mends > 0)
    say(f"{BAD_BLUEPRINT}: refused, {mends} mends told")
