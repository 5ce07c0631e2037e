"""What `cloister up` tells once the platform runs: closure and flow, addresses, logins, and what each role could do."""

import json
import os
import pwd
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from cloister.ask.judgement import Judged, Judgement, Standing
from cloister.platform.home import Home
from cloister.platform.plan import Settings
from cloister.platform.roles_walk import Row
from cloister.platform.users import logins_file

_WORDS = {200: "allowed", 401: "not known", 403: "refused", 404: "no such route"}


@dataclass(frozen=True, slots=True)
class Announcement:
    """The facts of a start. `isolation` says how jobs are kept apart here; `logins` are passwords made just now."""

    home: Home
    settings: Settings
    judgement: Judgement
    isolation: str
    logins: Mapping[str, str]
    rows: tuple[Row, ...]

    def to_json(self) -> str:
        """One line for programs."""
        return json.dumps(
            {
                "ready": True,
                "url": self.settings.url,
                "serving_url": self.settings.serving_url,
                "home": str(self.home.root),
                "closure": _counts(self.judgement.closure),
                "flow": _counts(self.judgement.flow),
                "isolation": self.isolation,
                "logins": dict(self.logins),
                "roles": [asdict(row) for row in self.rows],
            }
        )

    def to_text(self) -> str:
        """The same for people."""
        return "\n\n".join(
            f"{title}\n{body}"
            for title, body in (
                ("Environment", judgement_text(self.judgement)),
                ("This machine", _machine(self.isolation)),
                ("Addresses", _aligned(_addresses(self.settings, self.home))),
                ("Logins", _logins(self.logins, self.home)),
                ("What each role could and could not do, tried just now", _roles(self.rows)),
            )
        )


def judgement_text(judgement: Judgement) -> str:
    """One line for closure, one for flow, and what is not met with its mend."""
    return "\n".join(
        (
            _side("closure", "what must not be possible is not", judgement.closure),
            _side("flow", "what people need to do is possible", judgement.flow),
            *_misses((*judgement.closure, *judgement.flow)),
        )
    )


def _side(name: str, claim: str, judged: tuple[Judged, ...]) -> str:
    met = sum(one.standing is Standing.MET for one in judged)
    return f"  {name:8} {met} of {len(judged)} intents met: {claim}"


def _misses(judged: Iterable[Judged]) -> Iterator[str]:
    for one in judged:
        if one.standing is not Standing.MET:
            yield f"  {one.standing}: {one.intent.name}: {one.verdict.reason}"
            if one.mend:
                yield f"    mend: {one.mend}"


def _counts(judged: tuple[Judged, ...]) -> dict[str, int]:
    return {standing.value: sum(one.standing is standing for one in judged) for standing in Standing}


def _machine(isolation: str) -> str:
    """How closed this machine's run is, which is less than the environment that is proved."""
    user = pwd.getpwuid(os.geteuid()).pw_name
    return (
        "  The networks above are proved, not enforced here; what jobs reach is said below.\n"
        f"  All processes run as user {user} and listen on 127.0.0.1 and on Unix sockets only.\n"
        f"  Jobs: {isolation}."
    )


def _addresses(settings: Settings, home: Home) -> Sequence[tuple[str, ...]]:
    return (
        ("MLflow, in a browser or for its client", settings.url),
        ("control API of the verbs", f"{settings.url}/cloister/v1/"),
        ("endpoints", f"{settings.serving_url}/endpoints/NAME/invocations"),
        ("logs", str(home.logs)),
    )


def _logins(logins: Mapping[str, str], home: Home) -> str:
    if not logins:
        return "  as before; a new password: cloister user passwd NAME"
    kept = f"  shown this once; kept for you alone in {logins_file(home)} until you remove it"
    return f"{_aligned(tuple(sorted(logins.items())))}\n{kept}"


def _roles(rows: tuple[Row, ...]) -> str:
    if not rows:
        return "  nothing was tried: no group of the environment has the role admin"
    head = ("role", "tried to", "must be", "was", "decided by")
    return _aligned(
        (head, *((row.role, row.what, _word(row.expected), _word(row.status), row.decided_by) for row in rows))
    )


def _word(status: int) -> str:
    return f"{_WORDS.get(status, 'answered')} ({status})"


def _aligned(lines: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
