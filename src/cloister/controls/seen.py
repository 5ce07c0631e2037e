"""What controls say of what was seen: the day on which it was, since the estate may have changed after it."""

from cloister.inventory.azure import Observed


def on(observed: Observed) -> str:
    """The day, as a clause behind a fact."""
    return f"(seen on {observed.collected})"


def last_name(reference: str) -> str:
    """The name that a reference of Azure ends with: `azureml:training`, or an id that ends with `computes/training`."""
    return reference.rpartition("/")[2].rpartition(":")[2]
