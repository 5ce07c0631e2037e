"""The curated environments that ship with Cloister, and what an author's environment is mapped to."""

# Name -> what is in it. All are the platform's own interpreter for now, which holds these packages.
CURATED: dict[str, str] = {
    "cloister-sklearn": "the platform's Python with MLflow, scikit-learn, pandas and skops",
}
DEFAULT = "cloister-sklearn"


def curated_name(reference: str) -> str | None:
    """The curated environment that `azureml:NAME@latest` or `NAME:VERSION` names, if it is one."""
    name = reference.removeprefix("azureml:").partition("@")[0].partition(":")[0]
    return name if name in CURATED else None
