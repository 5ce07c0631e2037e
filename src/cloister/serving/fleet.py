"""What is wanted, made so: one keeper a deployment starts, replaces, restarts and stops its worker.

A changed deployment gets its new worker beside the old one, and the requests only once that is ready; where it fails,
the old one goes on and the deployment says `Failed` with the reason. A worker that ends by itself is started again,
after a pause that doubles up to half a minute.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from cloister.errors import CloisterError
from cloister.serving.config import RouterConfig
from cloister.serving.errors import UnavailableError
from cloister.serving.process import Started, Worker, start_worker
from cloister.serving.registry import ModelVersion, Registry, check_approval
from cloister.serving.service import EndpointService
from cloister.serving.values import ModelReference, State
from cloister.serving.wire import DeploymentStatus, EndpointStatus, Health, Proven

_log = logging.getLogger(__name__)
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_SETTLED_SECONDS = 60.0
_CHECK_SECONDS = 5.0
_MISSED_CHECKS = 3
_REGISTRY_TRIES = 5
_REGISTRY_PAUSE_SECONDS = 2.0


class Keeper:
    """Keeps one deployment as it is wanted; `worker` is the one that takes its requests."""

    def __init__(
        self,
        wanted: DeploymentStatus,
        service: EndpointService,
        registry: Registry,
        config: RouterConfig,
        environment: Mapping[str, str],
    ) -> None:
        self.wanted = wanted
        self.worker: Worker | None = None
        self._service = service
        self._registry = registry
        self._config = config
        self._environment = environment
        self._changed = asyncio.Event()
        self._tried = 0
        self._restarts = 0
        self._pause = _FIRST_PAUSE_SECONDS
        self._last_error = ""
        self._told: Health | None = None
        self._draining: set[asyncio.Task[None]] = set()

    def want(self, wanted: DeploymentStatus) -> None:
        """Take a newer wish."""
        if wanted.generation != self.wanted.generation:
            self._changed.set()
        self.wanted = wanted

    async def run(self) -> None:
        """Keep the deployment until cancelled; then let its worker answer what is due, and stop it."""
        try:
            # What a router that was killed wrote down last is no longer so.
            await self._tell_health()
            while True:
                self._changed.clear()
                await self._revive()
                await self._try_wanted()
                await self._tell_health()
                await self._watch()
        finally:
            await self._stop()

    async def _stop(self) -> None:
        workers = [self.worker] if self.worker else []
        await asyncio.gather(*(worker.drain(self._config.drain_seconds) for worker in workers), *self._draining)

    async def _revive(self) -> None:
        """Start what ran last again, if it does not run, and if its version is still there and approved."""
        proven = self.wanted.proven
        if (self.worker and self.worker.is_running) or proven is None:
            return
        if self.worker is not None:
            self._restarts += 1
            await self._set_aside(self.worker)
            await self._tell_health()
            await self._rest()
        try:
            version = await self._resolve(ModelReference(proven.spec.model.name, version=proven.version))
            self.worker = await self._ready_worker(proven, version)
        except Exception as error:  # noqa: BLE001 - told in the deployment's health, and tried again after a pause
            self._last_error = _reason_of(error)

    async def _try_wanted(self) -> None:
        """Bring up a generation that has not been tried yet, and write down how it came out."""
        wanted = self.wanted
        if wanted.state not in (State.CREATING, State.UPDATING) or wanted.generation == self._tried:
            return
        self._tried = wanted.generation
        spec, generation = wanted.spec, wanted.generation
        try:
            version = await self._resolve(spec.model)
            proven = Proven(spec, version.version, generation)
            fresh = await self._ready_worker(proven, version)
        except Exception as error:  # noqa: BLE001 - told as the deployment's reason
            self._last_error = _reason_of(error)
            await self._record(generation, State.FAILED, self._last_error)
            return
        former, self.worker = self.worker, fresh
        self._last_error, self._pause = "", _FIRST_PAUSE_SECONDS
        await self._record(generation, State.SUCCEEDED, "", proven)
        if former is not None:
            task = asyncio.create_task(former.drain(self._config.drain_seconds))
            self._draining.add(task)
            task.add_done_callback(self._draining.discard)

    async def _resolve(self, reference: ModelReference) -> ModelVersion:
        """The version that is referred to, approved where that is asked for. Raises the registry's refusal."""
        for left in reversed(range(_REGISTRY_TRIES)):
            try:
                version = await asyncio.to_thread(self._registry.resolve, reference)
            except UnavailableError:
                if not left:
                    raise
                await asyncio.sleep(_REGISTRY_PAUSE_SECONDS)
            else:
                break
        if self._config.only_approved_versions:
            check_approval(version, self._config.gateway.duties)
        return version

    async def _ready_worker(self, proven: Proven, version: ModelVersion) -> Worker:
        folder = await asyncio.to_thread(self._registry.fetch, version, self._config.serving / "models")
        worker = await start_worker(Started(proven, folder), self._config, self._environment)
        try:
            await worker.become_ready(self._config.ready_within_seconds)
        except BaseException:
            await worker.stop()
            raise
        return worker

    async def _record(self, generation: int, state: State, reason: str, proven: Proven | None = None) -> None:
        spec = self.wanted.spec
        record = self._service.record
        await asyncio.to_thread(record, spec.endpoint, spec.name, generation, state=state, reason=reason, proven=proven)
        if proven is not None:
            self.wanted = await asyncio.to_thread(self._service.show_deployment, spec.endpoint, spec.name)

    async def _watch(self) -> None:
        """Return when there is something to do: a newer wish, an ended or silent worker, or a pause that is over."""
        if self.worker is not None and self.worker.is_running:
            changed = asyncio.create_task(self._changed.wait())
            try:
                await self._watch_worker(self.worker, changed)
            finally:
                changed.cancel()
        elif self.wanted.proven is not None:
            await self._rest()
        else:
            await self._changed.wait()

    async def _rest(self) -> None:
        """Wait before the next start, each time twice as long; a newer wish ends the wait."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _watch_worker(self, worker: Worker, changed: "asyncio.Task[bool]") -> None:
        ended = asyncio.create_task(worker.ended())
        since, missed = time.monotonic(), 0
        try:
            while True:
                done, _ = await asyncio.wait(
                    {changed, ended}, timeout=_CHECK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if ended in done:
                    self._last_error = f"its worker (process {worker.pid}) ended with code {ended.result()}"
                    _log.warning("%s: %s", worker.started.thing, self._last_error)
                    return
                if changed in done:
                    return
                if time.monotonic() - since > _SETTLED_SECONDS:
                    self._pause = _FIRST_PAUSE_SECONDS
                missed = 0 if await worker.check() else missed + 1
                if missed >= _MISSED_CHECKS:
                    self._last_error = f"its worker (process {worker.pid}) did not answer {missed} times in a row"
                    _log.warning("%s: %s", worker.started.thing, self._last_error)
                    await self._set_aside(worker)
                    return
                await self._tell_health()
        finally:
            ended.cancel()

    async def _set_aside(self, worker: Worker) -> None:
        worker.is_ready = False
        await worker.stop()

    async def _tell_health(self) -> None:
        """Write down the health where it changed."""
        worker = self.worker
        is_healthy = worker is not None and worker.takes_requests
        health = Health(
            is_healthy=is_healthy,
            pid=worker.pid if worker and is_healthy else 0,
            generation=worker.started.proven.generation if worker and is_healthy else 0,
            restarts=self._restarts,
            since=self._told.since if self._told else "",
            last_error=self._last_error,
        )
        if health == self._told:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._told = Health(health.is_healthy, health.pid, health.generation, health.restarts, now, health.last_error)
        spec = self.wanted.spec
        await asyncio.to_thread(self._service.record_health, spec.endpoint, spec.name, self._told)


def _reason_of(error: Exception) -> str:
    """What went wrong, in words for the deployment's status; what nobody foresaw is in the log with its traceback."""
    if isinstance(error, CloisterError):
        _log.warning("%s", error)
        return str(error)
    _log.exception("a deployment failed in a way that nobody foresaw", exc_info=error)
    return f"{type(error).__name__}: {error} (see the log of serving)"


Key = tuple[str, str, str]


class Fleet:
    """All keepers, and the endpoints as the database wants them; `run` polls it."""

    def __init__(
        self, service: EndpointService, registry: Registry, config: RouterConfig, environment: Mapping[str, str]
    ) -> None:
        self.endpoints: dict[str, EndpointStatus] = {}
        self._service = service
        self._registry = registry
        self._config = config
        self._environment = environment
        self._keepers: dict[Key, tuple[Keeper, asyncio.Task[None]]] = {}

    def workers(self, endpoint: str) -> dict[str, Worker]:
        """The workers of an endpoint that take requests, by deployment."""
        return {
            key[1]: keeper.worker
            for key, (keeper, _) in self._keepers.items()
            if key[0] == endpoint and keeper.worker is not None and keeper.worker.takes_requests
        }

    async def refresh(self) -> None:
        """Read what is wanted once, and act on it."""
        statuses = await asyncio.to_thread(self._service.list)
        self.endpoints = {status.endpoint.name: status for status in statuses}
        # From here on requests go this way, and whoever changed it may be told so.
        for endpoint in statuses:
            if not endpoint.is_routed:
                await asyncio.to_thread(self._service.mark_routed, endpoint.endpoint.name, endpoint.routing_id)
        # A deployment that was removed and made anew under its name is another one: hence the time in the key.
        wanted = {
            (one.spec.endpoint, one.spec.name, one.created_at): one for status in statuses for one in status.deployments
        }
        for key in self._keepers.keys() - wanted.keys():
            self._keepers.pop(key)[1].cancel()
        for key, status in wanted.items():
            if key in self._keepers and not self._keepers[key][1].done():
                self._keepers[key][0].want(status)
            else:
                keeper = Keeper(status, self._service, self._registry, self._config, self._environment)
                self._keepers[key] = (keeper, asyncio.create_task(_kept(keeper)))

    async def run(self) -> None:
        """Poll until cancelled; then stop every worker."""
        try:
            while True:
                try:
                    await self.refresh()
                except Exception:  # noqa: BLE001 - a database that is away for a moment must not stop what runs
                    _log.exception("the wanted endpoints cannot be read")
                await asyncio.sleep(self._config.poll_seconds)
        finally:
            tasks = [task for _, task in self._keepers.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _kept(keeper: Keeper) -> None:
    """A keeper's life; what it did not foresee is logged, and the next poll makes a new keeper."""
    try:
        await keeper.run()
    except Exception:
        _log.exception("the keeper of %s stopped", keeper.wanted.spec.name)
        raise
