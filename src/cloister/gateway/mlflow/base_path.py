"""The base path of a tracking URI: `http://host/STAGE/api/2.0/mlflow/...` is the route below the stage."""


def below_stage(path: str, stage: str) -> str:
    """The path below the stage, which is taken off once; a path that does not lie below it as it is.

    Only the plain spelling of the stage counts, so that a path has one reading.
    """
    return path.removeprefix(f"/{stage}") if stage and path.startswith(f"/{stage}/") else path
