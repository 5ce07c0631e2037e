"""Whether what a job ran in is still allowed, before its results are handed on: packages may be revoked at any time."""

import time
from dataclasses import dataclass

import sqlalchemy as sa

from cloister.jobs.environments.kept import KeptEnvironments
from cloister.jobs.environments.own_wheels import OwnWheels
from cloister.jobs.packages.allowing import allow_list
from cloister.jobs.packages.catalogue import Catalogue, catalogue
from cloister.jobs.packages.locks import Pin, read_lock
from cloister.jobs.packages.requests import PackageRequests
from cloister.jobs.packages.shelf import files_of


@dataclass(frozen=True, slots=True)
class StillAllowed:
    """Over the records of a platform. `own` is what every step may use as the platform itself has it."""

    engine: sa.Engine
    own: OwnWheels

    def __call__(self, job: str) -> bool:
        """Whether each package that a step of the job ran with is served today, from a file that its lock names."""
        kept = KeptEnvironments(self.engine, time.time)
        hashes = {sha256 for sha256, _ in kept.of_job(job).values() if sha256}
        if not hashes:
            return True
        now = catalogue(allow_list(PackageRequests(self.engine, time.time).allowed()), files_of(self.engine))
        found = [kept.find(sha256) for sha256 in hashes]
        return all(one is not None and all(self._is_served(pin, now) for pin in read_lock(one.lock)) for one in found)

    def _is_served(self, pin: Pin, now: Catalogue) -> bool:
        own = self.own.found.get(pin.project)
        if own is not None and own.version == pin.version:
            return True
        return any(file.version == pin.version and file.sha256 in pin.hashes for file in now.of(pin.project))
