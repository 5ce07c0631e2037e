"""The kinds of steps and components: those that Cloister runs, and for the others the nearest thing that works."""

from difflib import get_close_matches

from cloister.errors import Fault
from cloister.origin import Origin

STEP_KINDS = ("command", "pipeline", "sweep", "parallel", "spark")
COMPONENT_KINDS = ("command", "pipeline", "parallel", "spark")

REFUSED_KINDS: dict[str, str] = {
    "automl": "use a command step that trains the candidates and logs them to MLflow, or a sweep",
    "import": "use a command step that reads the source, with its output as uri_folder",
    "data_transfer": "use a command step that copies its input to its output",
    "do_while": "use a command step that loops by itself",
    "if_else": "decide inside a command step, and let it exit with an error to stop the pipeline",
    "parallel_for": "write one command step for each value, or use a parallel step",
    "finetuning": "use a command step that runs the training script",
    "distillation": "use a command step that runs the training script",
    "flow": "use a command step that runs the flow's Python",
    "base": "start the job from its YAML file",
}


def kind_fault(thing: str, kind: str, known: tuple[str, ...], origin: Origin) -> Fault:
    """The refusal of a kind that Cloister does not run, with the nearest thing that works."""
    if mend := REFUSED_KINDS.get(kind):
        return Fault(thing, f"Cloister does not run {kind} jobs", mend, origin)
    close = get_close_matches(kind, [*known, *REFUSED_KINDS], n=1)
    mend = f'did you mean "{close[0]}"?' if close else f"use one of {', '.join(known)}"
    return Fault(thing, f'there is no type "{kind}" here', mend, origin)
