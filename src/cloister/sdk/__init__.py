"""The platform from Python: what the command line does, as calls with values. Light to import."""

from cloister.sdk.client import Client as Client
from cloister.sdk.values import Job as Job
from cloister.sdk.values import Seen as Seen
from cloister.sdk.values import Step as Step
