"""MLflow's answers as the objects that its API says they are."""

import json

from cloister.errors import Fault, SourceError


def read_answer(body: bytes) -> dict[str, object]:
    """The object that MLflow answered with. Raises SourceError where it is none."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise unreadable() from error
    if not isinstance(document, dict):
        raise unreadable()
    return document


def unreadable() -> SourceError:
    """The error where an answer is not what the API says, so that nothing of it is shown."""
    return SourceError(Fault("MLflow", "gave an answer that is not what its API says", "look into logs/mlflow.log"))
