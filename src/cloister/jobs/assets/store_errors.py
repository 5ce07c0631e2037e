"""What goes wrong with a datastore, told without what its credentials or addresses hold."""

from cloister.errors import Fault, SourceError


class DatastoreError(SourceError):
    """A datastore does not give, or does not take, what was asked."""


def gone(where: str) -> DatastoreError:
    """There is nothing at that path."""
    return DatastoreError(Fault(where, "there is nothing at that path", "look at the path, and at what wrote it"))


def hostile(where: str, reason: str) -> DatastoreError:
    """What is there is neither file nor folder."""
    return DatastoreError(Fault(where, reason, "put plain files and folders there"))


def too_much(where: str, limit: str) -> DatastoreError:
    """There is more than is taken at a time."""
    return DatastoreError(Fault(where, f"holds more than {limit}", "name a folder further down"))


def full(where: str, size: int, free: int) -> DatastoreError:
    """It has no room for what is put there."""
    return DatastoreError(Fault(where, f"takes {size} bytes, and its disk has {free} left", "make room"))
