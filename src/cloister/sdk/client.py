"""The door: one client of one platform, for whoever is logged in."""

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from cloister.client.stored import Credentials
from cloister.sdk.agents import Agents
from cloister.sdk.computes import Computes, Quotas
from cloister.sdk.control import ControlClient, client
from cloister.sdk.jobs import Jobs
from cloister.sdk.schedules import Schedules


class Client:
    """A platform: `with Client() as platform: platform.jobs.create("pipeline.yml")`.

    It asks as whoever `cloister login` logged in, or as CLOISTER_URL and CLOISTER_TOKEN say.
    """

    def __init__(self, credentials: Credentials | None = None, environment: Mapping[str, str] = os.environ) -> None:
        self.control = ControlClient(credentials) if credentials else client(environment)
        self.jobs = Jobs(self.control)
        self.computes = Computes(self.control)
        self.quotas = Quotas(self.control)
        self.agents = Agents(self.control)
        self.schedules = Schedules(self.control, self.jobs)

    def close(self) -> None:
        """Let the connections go."""
        self.control.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
