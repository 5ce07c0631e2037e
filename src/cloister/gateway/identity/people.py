"""The people and the jobs that stand behind tokens and sessions, as they are now."""

from collections.abc import Callable
from datetime import datetime

import anyio.to_thread
from sqlalchemy import Engine

from cloister.access.principals import Principal
from cloister.gateway.identity.identified import unauthenticated
from cloister.gateway.identity.remembering import Remembering
from cloister.gateway.identity.users import User, find_user


class People:
    """Local users with the groups that count now, not those of when a token was issued."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        async def ask(name: str) -> User | None:
            return await anyio.to_thread.run_sync(find_user, engine, name)

        self._users = Remembering(ask, clock)

    async def person(self, name: str, since: datetime | None) -> Principal:
        """The user, who proved at `since` who it is. Raises UnauthenticatedError where it is not let in."""
        user = await self._users.of(name)
        if user is None or user.disabled:
            raise unauthenticated(reason=f'the user "{name}" is not let in')
        if since is not None and since < user.valid_from:
            raise unauthenticated(reason="the token is from before the user's last change")
        return Principal(name=user.name, kind="user", groups=user.groups)

    def forget(self) -> None:
        """Look every user up again at the next request."""
        self._users.forget()


class Jobs:
    """Which jobs go on: the token of a step holds while its job does. Until `watch` is called all are taken to."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._is_unfinished: Callable[[str], bool] | None = None
        self._jobs = Remembering(self._ask, clock)

    def watch(self, is_unfinished: Callable[[str], bool]) -> None:
        """From now on `is_unfinished` tells of a job's name whether it goes on."""
        self._is_unfinished = is_unfinished

    async def goes_on(self, job: str) -> bool:
        """Whether the job has not ended."""
        return self._is_unfinished is None or await self._jobs.of(job)

    async def _ask(self, job: str) -> bool:
        return self._is_unfinished is None or await anyio.to_thread.run_sync(self._is_unfinished, job)
