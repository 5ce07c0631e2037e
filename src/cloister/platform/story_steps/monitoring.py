"""Step: scored rows are collected; rows as in training raise no alert, shifted rows do."""

from collections.abc import Callable

from cloister.platform.story import Context, expect
from cloister.platform.story_steps.asking import asked, asking
from cloister.platform.story_steps.calling import call
from cloister.platform.story_steps.deployment import ENDPOINT, manage, read_batch, score
from cloister.platform.story_steps.pipeline import EXAMPLE, token

MONITOR = "breast-cancer-drift"
_BREACHED = 10
# The shifted rows must outweigh those that were scored before them in the monitor's window.
_SHIFTED_BATCHES = 6


def run(context: Context, say: Callable[[str], None], /) -> Context:
    """The monitor is quiet on what blue has scored so far, and names the shifted measurements afterwards."""
    file = str(context.folder / EXAMPLE / "endpoint" / "monitor.yml")
    call(context, "schedule", "create", "--file", file, token=token(context, "admin"), folder=context.folder / EXAMPLE)
    manage(context, "online-endpoint", "update", "--name", ENDPOINT, "--traffic", "blue=100")
    quiet = _evaluate(context, code=0)
    expect(MONITOR, f"raised alerts on rows as in training: {quiet}", holds=not quiet)
    say("rows as in training: no alert")
    shifted = read_batch(context, "shifted")
    with asking(context, "admin") as http:
        for _ in range(_SHIFTED_BATCHES):
            score(http, context, shifted)
    signals = _evaluate(context, code=_BREACHED)
    expect(MONITOR, f"raised alerts on {sorted(signals)} only", holds="inputs" in signals)
    say(f"shifted rows: data-drift alert ({', '.join(sorted(signals))})")
    return context


def _evaluate(context: Context, *, code: int) -> frozenset[str]:
    """Evaluate the monitor now; the signals that it has raised alerts on so far."""
    call(context, "schedule", "trigger", "--name", MONITOR, code=code, token=token(context, "admin"))
    alerts = asked(context, "admin", "GET", "/cloister/v1/alerts")
    return frozenset(str(alert["signal"]) for alert in alerts if alert["monitor"] == MONITOR)
