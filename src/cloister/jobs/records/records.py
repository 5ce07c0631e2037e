"""What the database holds of jobs, steps and agents, each in a room of its own."""

import time

import sqlalchemy as sa

from cloister.jobs.records.agents import AgentRecords
from cloister.jobs.records.claims import ClaimRecords
from cloister.jobs.records.clock import Clock
from cloister.jobs.records.jobs import JobRecords
from cloister.jobs.records.results import ResultRecords
from cloister.jobs.records.steps import StepRecords
from cloister.jobs.records.trials import TrialRecords


class Records:
    """The rows. `clock` gives seconds since 1970."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self.jobs = JobRecords(engine, clock)
        self.steps = StepRecords(engine, clock)
        self.claims = ClaimRecords(engine, clock)
        self.agents = AgentRecords(engine, clock)
        self.results = ResultRecords(engine)
        self.trials = TrialRecords(engine)
