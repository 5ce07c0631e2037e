"""How many mini batches and items of a parallel step are done and failed, and whether that is too many. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from .batches import Batch
from .finished import Done


@dataclass(frozen=True)
class Thresholds:
    """How much may fail; -1 is everything."""

    items: int
    batches: int
    percent: int


@dataclass(frozen=True)
class Tally:
    """What became of the mini batches so far."""

    batches: Sequence[Batch]
    done: Sequence[Done]
    failed: Sequence[Batch]
    before: int

    @property
    def failed_items(self) -> int:
        """The items of failed mini batches, and those that `run` returned nothing for."""
        short = sum(max(0, done.items - done.returned) for done in self.done)
        return short + sum(batch.items for batch in self.failed)

    def too_many(self, most: Thresholds) -> str:
        """Why the step has failed; empty while it has not."""
        failed = len(self.failed)
        if 0 <= most.batches < failed:
            return f"{failed} mini batches have failed, more than mini_batch_error_threshold: {most.batches}"
        if 0 <= most.items < self.failed_items:
            return f"{self.failed_items} items have failed, more than error_threshold: {most.items}"
        if failed * 100 > most.percent * len(self.batches):
            return f"{failed} mini batches have failed, more than --allowed_failed_percent: {most.percent}"
        return ""

    def __str__(self) -> str:
        total, done, failed = len(self.batches), len(self.done), len(self.failed)
        before = f" ({self.before} by an earlier attempt)" if self.before else ""
        rest = f", {total - done - failed} not run" if total - done - failed else ""
        items = sum(batch.items for batch in self.batches)
        returned = sum(min(one.items, one.returned) for one in self.done)
        return f"{total} mini batches: {done} done{before}, {failed} failed{rest}; {items} items: {returned} processed"
