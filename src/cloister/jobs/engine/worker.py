"""The worker: claims queued steps that fit, runs so many at a time, and does with them what the records wish.

An event loop in a thread of its own, so that nothing that waits for a database holds up a command's end.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from cloister.jobs.engine.lease import Lease
from cloister.jobs.records.claims import Claim, Offer
from cloister.jobs.records.patience import ERROR_PAUSE_SECONDS, first_line
from cloister.jobs.records.records import Records
from cloister.jobs.records.status import Wish
from cloister.jobs.running.step_runner import Interruption, StepRunner

_LOG = logging.getLogger(__name__)
_GUARD_SECONDS = 0.25
# While steps run, or one has ended just now, the next one follows soon.
_BUSY_SECONDS = 0.05
_WARM_SECONDS = 1.0


class Worker:
    """The steps that run in this process. `ended` is told of each end; `offer` may be exchanged at any time."""

    def __init__(
        self, records: Records, runner: StepRunner, lease: Lease, offer: Offer, *, places: int, poll_seconds: float
    ) -> None:
        self._records = records
        self._runner = runner
        self._lease = lease
        self._places = places
        self._poll_seconds = poll_seconds
        self._tasks: dict[Claim, asyncio.Task[None]] = {}
        self._told: set[Claim] = set()
        self._takes = True
        self._stopping = False
        self._loop = asyncio.new_event_loop()
        self._wakened = asyncio.Event()
        self._is_over = threading.Event()
        self._active_at = 0.0
        self.offer = offer
        self.ended: Callable[[], None] = lambda: None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs."""
        return not self._tasks

    def run(self) -> None:
        """Claim steps and run them, until stopped. For a thread of its own."""
        try:
            asyncio.set_event_loop(self._loop)
            # Preparing a step may take long, and must not wait for another one's.
            self._loop.set_default_executor(ThreadPoolExecutor(2 * self._places + 4, "worker"))
            self._loop.run_until_complete(self._main())
        finally:
            self._is_over.set()

    def wake(self) -> None:
        """Look for steps at once."""
        self._loop.call_soon_threadsafe(self._wakened.set)

    def drain(self) -> None:
        """Claim no more; what runs goes on."""
        self._takes = False

    def stop(self, patience_seconds: float) -> None:
        """End what runs, gently at first, and put it back; gives up when the patience is over."""
        self._takes, self._stopping = False, True
        self.wake()
        self._is_over.wait(patience_seconds)

    async def _main(self) -> None:
        guard = asyncio.create_task(self._guard())
        while not self._stopping:
            try:
                await self._round()
            except SQLAlchemyError as error:
                # It is busy or restarts; the next round tries again.
                _LOG.warning("the database did not answer: %s", first_line(error))
                await asyncio.sleep(ERROR_PAUSE_SECONDS)
            busy = self._tasks or time.monotonic() - self._active_at < _WARM_SECONDS
            try:
                await asyncio.wait_for(self._wakened.wait(), _BUSY_SECONDS if busy else self._poll_seconds)
            except TimeoutError:
                continue
            self._wakened.clear()
        guard.cancel()
        self._interrupt(Interruption.PUT_BACK, *self._tasks)
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    async def _guard(self) -> None:
        """Give up all that runs when it may be another's soon; asks no database, which may be what is gone."""
        while True:
            await asyncio.sleep(_GUARD_SECONDS)
            if self._tasks and self._lease.is_lost(time.monotonic()):
                self._interrupt(Interruption.LOST, *self._tasks)

    async def _round(self) -> None:
        await self._heed()
        if not self._takes or self._lease.is_lost(time.monotonic()) or not await self._runner.has_room():
            return
        free = self._places - len(self._tasks)
        if free <= 0:
            await self._make_room()
            return
        for claim in await asyncio.to_thread(self._records.claims.claim, self.offer, free):
            self._tasks[claim] = asyncio.create_task(self._step(claim))

    async def _step(self, claim: Claim) -> None:
        try:
            await self._runner.run(claim)
        except SQLAlchemyError as error:
            # Its end could not be written. It is still ours on record, and is put back when that can be read.
            _LOG.warning("step %s of job %s: %s", claim.step, claim.job, first_line(error))
        finally:
            del self._tasks[claim]
            self._told.discard(claim)
            self._active_at = time.monotonic()
            self._wakened.set()
            self.ended()

    async def _heed(self) -> None:
        """Bring what runs and what is on record together."""
        mine = tuple(self._tasks)
        held = await asyncio.to_thread(self._records.claims.held, self.offer.agent)
        for claim in mine:
            if claim not in held:
                self._interrupt(Interruption.LOST, claim)
            elif held[claim] is Wish.CANCEL:
                self._interrupt(Interruption.CANCELED, claim)
        for claim in held:
            if claim not in mine and claim not in self._tasks:
                # An earlier process of this name ran it, or its end could not be written.
                await asyncio.to_thread(self._records.claims.requeue, claim)

    async def _make_room(self) -> None:
        """Put one step of low priority back where another step that may not wait would take its place."""
        if any(claim in self._told for claim in self._tasks):
            return
        low = [claim for claim in self._tasks if claim.low_priority]
        if not low:
            return
        if await asyncio.to_thread(self._records.claims.has_waiting, self.offer):
            _LOG.info("step %s of job %s makes room", low[-1].step, low[-1].job)
            self._interrupt(Interruption.PUT_BACK, low[-1])

    def _interrupt(self, why: Interruption, *claims: Claim) -> None:
        for claim in claims:
            task = self._tasks.get(claim)
            if task is None or (claim in self._told and why is not Interruption.LOST):
                continue
            if self._runner.interrupt(claim, why) and claim not in self._told:
                self._told.add(claim)
                task.cancel()
