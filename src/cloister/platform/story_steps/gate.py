"""Step: hold the metrics against the threshold, and let nobody approve a model of their own."""

from collections.abc import Callable

from cloister.platform.story import Context, expect
from cloister.platform.story_steps.asking import MLFLOW, asked
from cloister.platform.story_steps.calling import call
from cloister.platform.story_steps.pipeline import MODEL, token

_REFUSED = 10
_FORBIDDEN = 403
_THRESHOLD = 0.93


def run(context: Context, say: Callable[[str], None], /) -> Context:
    """The registered version met the threshold; its maker is refused to move it to production, the approver does."""
    path = f"{MLFLOW}/model-versions/get?name={MODEL}&version=1"
    version = asked(context, "admin", "GET", path)["model_version"]
    tags = {tag["key"]: tag["value"] for tag in version.get("tags", ())}
    accuracy = float(tags.get("accuracy", "0"))
    expect(f"{MODEL} version 1", f"was registered with accuracy {accuracy}", holds=accuracy >= _THRESHOLD)
    say(f"{MODEL} version 1 was registered with accuracy {accuracy:.3f}, at least {_THRESHOLD} is asked for")
    alias = {"name": MODEL, "alias": "production", "version": "1"}
    asked(context, "admin", "POST", f"{MLFLOW}/registered-models/alias", alias, status=_FORBIDDEN)
    approve(context, "1", who="reader", code=_REFUSED)
    approve(context, "1", who="admin", code=_REFUSED)
    say("admin, who submitted the job, is refused to move it to production, by stage and by alias")
    approve(context, "1")
    say("the model approver moves it to production")
    return context


def approve(context: Context, version: str, *, who: str = "approver", code: int = 0) -> None:
    """`cloister model approve` as somebody, with the exit code that must come."""
    words = ("model", "approve", "--name", MODEL, "--version", version)
    call(context, *words, code=code, token=token(context, who))
