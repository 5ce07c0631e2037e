"""How many mini batches and items of a parallel step are done and failed, and whether that is too many. Pure."""

from dataclasses import dataclass, replace

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
    """What became of the mini batches so far. Items fail with their mini batch, or where `run` returned no row."""

    batches: int
    items: int
    done: int = 0
    failed: int = 0
    processed_items: int = 0
    failed_items: int = 0
    before: int = 0

    def with_done(self, done: Done) -> "Tally":
        """With one more that is done."""
        processed = min(done.items, done.returned)
        return replace(
            self,
            done=self.done + 1,
            processed_items=self.processed_items + processed,
            failed_items=self.failed_items + done.items - processed,
        )

    def with_failed(self, batch: Batch) -> "Tally":
        """With one more that has failed for good."""
        return replace(self, failed=self.failed + 1, failed_items=self.failed_items + batch.items)

    def too_many(self, most: Thresholds) -> str:
        """Why the step has failed; empty while it has not."""
        if 0 <= most.batches < self.failed:
            return f"{self.failed} mini batches have failed, more than mini_batch_error_threshold: {most.batches}"
        if 0 <= most.items < self.failed_items:
            return f"{self.failed_items} items have failed, more than error_threshold: {most.items}"
        if self.failed * 100 > most.percent * self.batches:
            return f"{self.failed} mini batches have failed, more than --allowed_failed_percent: {most.percent}"
        return ""

    def __str__(self) -> str:
        before = f" ({self.before} by an earlier attempt)" if self.before else ""
        rest = self.batches - self.done - self.failed
        told = f"{self.batches} mini batches: {self.done} done{before}, {self.failed} failed"
        told += f", {rest} not run" if rest else ""
        return f"{told}; {self.items} items: {self.processed_items} processed"
